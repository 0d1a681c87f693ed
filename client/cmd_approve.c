#include "client/commands.h"
#include "client/decision/decide.h"

static int run(const struct command *command, const struct args *args)
{
    static const struct decision_kind KIND = {
        .outcome = "approve",
        .done = "approved",
        .question = "Approve?",
    };

    return decision_run(command, args, &KIND);
}

const struct command CMD_APPROVE = {
    .name = "approve",
    .operands = "[INDEX|ID]",
    .summary = "approve a request, after seeing what it asks",
    .help =
        "Fetches a request for approval, proves that it is in the log, shows everything an\n"
        "approval of it is bound to, and asks for its short code. What you then say is signed\n"
        "with the approval service's key and sent with your ID token, and the receipt is kept.\n"
        "\n"
        "The ID token must be issued for this decision. First ask for the nonce, sign in with it\n"
        "at your identity provider, then decide:\n"
        "\n"
        "  vouch approve 17 --url http://127.0.0.1:8080 --vkey checkpoint.vkey --show\n"
        "  vouch approve 17 --url http://127.0.0.1:8080 --vkey checkpoint.vkey \\\n"
        "      --key approvals.pem --issuer approvals.example --id-token-file token \\\n"
        "      --reason within-playbook --shown draft.txt --opening-keys keys\n"
        "\n"
        "INDEX/2 is the third record of a statement; --run UUID looks for the open request of a\n"
        "run. The request is shown on standard error, the result on standard output. Scripts say\n"
        "--yes, and --action-digest with the one action they approve.\n",
    .options = DECISION_OPTIONS,
    .option_count = DECISION_OPTION_COUNT,
    .operand_count_max = 1,
    .run = run,
};
