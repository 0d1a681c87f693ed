#include "client/verify/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* One line being read: what is left of it. */
struct line {
    struct bytes rest;
    size_t number; /* from 1 */
};

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

/* The next item of the line; empty at its end. */
static struct bytes next_item(struct line *line)
{
    size_t begin = 0;
    size_t end;
    struct bytes item;

    while (begin < line->rest.len && is_blank(line->rest.data[begin]))
        begin++;
    end = begin;
    while (end < line->rest.len && !is_blank(line->rest.data[end]))
        end++;
    item = bytes_slice(line->rest, begin, end);
    line->rest = bytes_slice(line->rest, end, line->rest.len);
    return item;
}

static char *copy_item(struct bytes item)
{
    return mem_format("%.*s", (int)item.len, (const char *)item.data);
}

static bool no_more_items(struct line *line, struct err *err)
{
    struct bytes item = next_item(line);

    if (item.len == 0)
        return true;
    return err_set(err, ERR_INVALID, "'%.*s' does not belong there", (int)item.len,
                   (const char *)item.data);
}

static bool parse_key(struct note_verifier *out, struct bytes vkey, struct err *err)
{
    return vkey.len == 0 ? err_set(err, ERR_INVALID, "a verifier key is missing")
                         : note_verifier_parse_any(out, vkey, err);
}

static bool parse_log_key(struct note_verifier *out, struct bytes vkey, struct err *err)
{
    if (!parse_key(out, vkey, err))
        return false;
    if (out->type == NOTE_TYPE_ED25519)
        return true;
    err_set(err, ERR_INVALID, "the key has type 0x%02x, this line needs 0x01", out->type);
    note_verifier_cleanup(out);
    return false;
}

static bool parse_witness_key(struct note_verifier *out, struct bytes vkey, struct err *err)
{
    if (!parse_key(out, vkey, err))
        return false;
    if (out->type == NOTE_TYPE_COSIGNATURE || out->type == NOTE_TYPE_MLDSA_COSIGNATURE)
        return true;
    err_set(err, ERR_INVALID, "the key has type 0x%02x, this line needs 0x04 or 0x06", out->type);
    note_verifier_cleanup(out);
    return false;
}

static bool is_duplicate_log(const struct policy *policy, const struct note_verifier *verifier)
{
    for (size_t i = 0; i < policy->log_count; i++) {
        if (note_verifier_same_key(&policy->logs[i].verifier, verifier))
            return true;
    }
    return false;
}

static bool parse_log(struct policy *policy, struct line *line, struct err *err)
{
    struct policy_log *log = &policy->logs[policy->log_count];
    struct bytes url;

    if (policy->log_count == POLICY_LOGS_MAX)
        return err_set(err, ERR_INVALID, "more than %d logs", POLICY_LOGS_MAX);
    if (!parse_log_key(&log->verifier, next_item(line), err))
        return false;
    if (is_duplicate_log(policy, &log->verifier)) {
        note_verifier_cleanup(&log->verifier);
        return err_set(err, ERR_INVALID, "this log's key is listed already");
    }
    url = next_item(line);
    log->url = url.len > 0 ? copy_item(url) : NULL;
    policy->log_count++;
    return no_more_items(line, err);
}

/* Index of a name, or name_count when it is not defined. */
static size_t find_name(const struct policy *policy, struct bytes text)
{
    for (size_t i = 0; i < policy->name_count; i++) {
        if (bytes_equal_text(text, policy->names[i].text))
            return i;
    }
    return policy->name_count;
}

static bool check_new_name(const struct policy *policy, struct bytes name, struct err *err)
{
    if (name.len == 0)
        return err_set(err, ERR_INVALID, "a name is missing");
    if (bytes_equal_text(name, "none"))
        return err_set(err, ERR_INVALID, "'none' is reserved");
    if (find_name(policy, name) != policy->name_count)
        return err_set(err, ERR_INVALID, "'%.*s' is defined already", (int)name.len,
                       (const char *)name.data);
    return true;
}

static bool is_duplicate_witness(const struct policy *policy, const struct note_verifier *verifier)
{
    for (size_t i = 0; i < policy->name_count; i++) {
        if (!policy->names[i].is_group &&
            note_verifier_same_key(&policy->names[i].verifier, verifier))
            return true;
    }
    return false;
}

static bool parse_witness(struct policy *policy, struct line *line, struct err *err)
{
    struct policy_name *witness = &policy->names[policy->name_count];
    struct bytes text = next_item(line);
    struct bytes url;

    if (policy->witness_count == POLICY_WITNESSES_MAX)
        return err_set(err, ERR_INVALID, "more than %d witnesses", POLICY_WITNESSES_MAX);
    if (!check_new_name(policy, text, err) ||
        !parse_witness_key(&witness->verifier, next_item(line), err))
        return false;
    if (is_duplicate_witness(policy, &witness->verifier)) {
        note_verifier_cleanup(&witness->verifier);
        return err_set(err, ERR_INVALID, "this witness's key is listed already");
    }
    witness->text = copy_item(text);
    url = next_item(line);
    witness->url = url.len > 0 ? copy_item(url) : NULL;
    policy->name_count++;
    policy->witness_count++;
    return no_more_items(line, err);
}

/* Makes the named witness or group a member of the group that is being read. */
static bool add_member(struct policy *policy, size_t group, struct bytes text, struct err *err)
{
    size_t member = find_name(policy, text);

    if (member >= group)
        return err_set(err, ERR_INVALID, "'%.*s' is not defined above this line", (int)text.len,
                       (const char *)text.data);
    if (policy->names[member].is_member)
        return err_set(err, ERR_INVALID, "'%.*s' is a member of a group already", (int)text.len,
                       (const char *)text.data);
    policy->names[member].is_member = true;
    policy->names[member].parent = group;
    policy->names[group].member_count++;
    return true;
}

static bool set_threshold(struct policy_name *group, struct bytes text, struct err *err)
{
    uint64_t number = 0;

    if (bytes_equal_text(text, "any"))
        number = 1;
    else if (bytes_equal_text(text, "all"))
        number = group->member_count;
    else if (!text_parse_uint(&number, text, POLICY_NAMES_MAX) || number == 0)
        return err_set(err, ERR_INVALID, "'%.*s' is not any, all or a number of members",
                       (int)text.len, (const char *)text.data);
    if (number > group->member_count)
        return err_set(err, ERR_INVALID, "the group needs %u of %zu members", (unsigned)number,
                       group->member_count);
    group->threshold = (size_t)number;
    return true;
}

static bool parse_group(struct policy *policy, struct line *line, struct err *err)
{
    size_t group = policy->name_count;
    struct bytes text = next_item(line);
    struct bytes threshold = next_item(line);
    struct bytes member = next_item(line);

    if (policy->name_count - policy->witness_count == POLICY_GROUPS_MAX)
        return err_set(err, ERR_INVALID, "more than %d groups", POLICY_GROUPS_MAX);
    if (!check_new_name(policy, text, err))
        return false;
    if (member.len == 0)
        return err_set(err, ERR_INVALID, "a group has at least one member");
    policy->names[group].text = copy_item(text);
    policy->names[group].is_group = true;
    policy->name_count++;
    for (; member.len > 0; member = next_item(line)) {
        if (!add_member(policy, group, member, err))
            return false;
    }
    return set_threshold(&policy->names[group], threshold, err);
}

static bool parse_quorum(struct policy *policy, struct line *line, bool *seen, struct err *err)
{
    struct bytes text = next_item(line);

    if (*seen)
        return err_set(err, ERR_INVALID, "there is a quorum line already");
    *seen = true;
    if (!bytes_equal_text(text, "none")) {
        policy->quorum = find_name(policy, text);
        if (policy->quorum == policy->name_count)
            return err_set(err, ERR_INVALID, "quorum '%.*s' is not defined above this line",
                           (int)text.len, (const char *)text.data);
        policy->has_quorum = true;
    }
    return no_more_items(line, err);
}

static bool parse_line(struct policy *policy, struct line *line, bool *quorum_seen, struct err *err)
{
    struct bytes keyword = next_item(line);

    if (keyword.len == 0 || keyword.data[0] == '#')
        return true;
    if (bytes_equal_text(keyword, "log"))
        return parse_log(policy, line, err);
    if (bytes_equal_text(keyword, "witness"))
        return parse_witness(policy, line, err);
    if (bytes_equal_text(keyword, "group"))
        return parse_group(policy, line, err);
    if (bytes_equal_text(keyword, "quorum"))
        return parse_quorum(policy, line, quorum_seen, err);
    return err_set(err, ERR_INVALID, "'%.*s' is not log, witness, group or quorum",
                   (int)(keyword.len > 40 ? 40 : keyword.len), (const char *)keyword.data);
}

static bool check_octets(struct bytes text, struct err *err)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];

        if ((byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7f)
            return err_set(err, ERR_INVALID, "policy: control character 0x%02x at byte %zu", byte,
                           i);
    }
    if (text.len > POLICY_LEN_MAX)
        return err_set(err, ERR_INVALID, "policy: longer than %d bytes", POLICY_LEN_MAX);
    if (text.len == 0 || text.data[text.len - 1] != '\n')
        return err_set(err, ERR_INVALID, "policy: the last line does not end with a newline");
    return true;
}

bool policy_parse(struct policy *out, struct bytes text, struct err *err)
{
    struct line line = {.number = 0};
    bool quorum_seen = false;

    *out = (struct policy){0};
    if (!check_octets(text, err))
        return false;
    while (text.len > 0) {
        text_split(&text, &line.rest, '\n');
        line.number++;
        if (!parse_line(out, &line, &quorum_seen, err)) {
            err_wrap(err, "policy line %zu", line.number);
            policy_cleanup(out);
            return false;
        }
    }
    if (quorum_seen)
        return true;
    policy_cleanup(out);
    return err_set(err, ERR_INVALID, "policy: there is no quorum line (quorum none asks for none)");
}
