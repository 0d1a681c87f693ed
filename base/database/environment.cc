#include "base/database/environment.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

using leveldb::Slice;
using leveldb::Status;

namespace {

/*
 * A table of 16 MiB that goes to disk at once keeps a commit's fdatasync waiting for 10 to 20 ms.
 * A piece is written in less than one.
 */
constexpr off_t PIECE_LEN = 128 << 10;

/* Of the thread that compacts: when both cores are busy, commits come first. */
constexpr int COMPACTION_NICE = 10;

/*
 * A table being written: LevelDB's own file, and the same opened again to have pieces written out.
 * Linux tells each open file of a failed write once: what is told to this one, Sync is told too.
 */
class PacedFile final : public leveldb::WritableFile
{
public:
    PacedFile(leveldb::WritableFile *file, int fd) : file_(file), fd_(fd)
    {
    }

    ~PacedFile() override
    {
        delete file_;
        close(fd_);
    }

    PacedFile(const PacedFile &) = delete;
    PacedFile &operator=(const PacedFile &) = delete;

    Status Append(const Slice &data) override
    {
        Status status = file_->Append(data);

        appended_ += static_cast<off_t>(data.size());
        if (status.ok() && appended_ - written_ >= PIECE_LEN)
            status = write_piece();
        return status;
    }

    Status Close() override
    {
        return file_->Close();
    }

    Status Flush() override
    {
        return file_->Flush();
    }

    Status Sync() override
    {
        return file_->Sync();
    }

private:
    /*
     * Waits for the piece: what is under way at one time stays small. Sync is what makes it safe;
     * where a file system has no sync_file_range nothing is lost but that.
     */
    Status write_piece()
    {
        Status status = file_->Flush();

        if (status.ok())
            sync_file_range(fd_, written_, appended_ - written_,
                            SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                                SYNC_FILE_RANGE_WAIT_AFTER);
        written_ = appended_;
        return status;
    }

    leveldb::WritableFile *const file_;
    const int fd_;
    off_t appended_ = 0;
    off_t written_ = 0;
};

bool is_table(const std::string &path)
{
    const std::string suffix = ".ldb";

    return path.size() > suffix.size() &&
           path.compare(path.size() - suffix.size(), suffix.size(), suffix) == 0;
}

class Environment final : public leveldb::EnvWrapper
{
public:
    Environment() : EnvWrapper(leveldb::Env::Default())
    {
    }

    Status NewWritableFile(const std::string &path, leveldb::WritableFile **out) override
    {
        Status status = target()->NewWritableFile(path, out);
        int fd;

        if (!status.ok() || !is_table(path))
            return status;
        /* Where there is none to be had, the table goes to disk at once, when it is synced. */
        fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
            *out = new PacedFile(*out, fd);
        return status;
    }

    /* Work is done in the order in which it is scheduled, by one thread, as LevelDB asks for. */
    void Schedule(void (*work)(void *), void *argument) override
    {
        std::lock_guard<std::mutex> lock(mutex_);

        works_.push_back({work, argument});
        if (!is_started_) {
            is_started_ = true;
            std::thread(&Environment::run, this).detach();
        }
        work_added_.notify_one();
    }

private:
    struct Work {
        void (*function)(void *);
        void *argument;
    };

    [[noreturn]] void run()
    {
        std::unique_lock<std::mutex> lock(mutex_);

        prctl(PR_SET_NAME, "leveldb");
        setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), COMPACTION_NICE);
        for (;;) {
            Work work;

            work_added_.wait(lock, [this] { return !works_.empty(); });
            work = works_.front();
            works_.pop_front();
            lock.unlock();
            work.function(work.argument);
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable work_added_;
    std::deque<Work> works_;
    bool is_started_ = false;
};

} // namespace

leveldb::Env *database_environment()
{
    static Environment *const environment = new Environment();

    return environment;
}
