#include "client/commands.h"
#include "client/decision/decide.h"

static int run(const struct command *command, const struct args *args)
{
    static const struct decision_kind KIND = {
        .outcome = "reject",
        .done = "rejected",
        .question = "Reject?",
        .needs_description = true,
    };

    return decision_run(command, args, &KIND);
}

const struct command CMD_REJECT = {
    .name = "reject",
    .operands = "[INDEX|ID]",
    .summary = "refuse a request, after seeing what it asks",
    .help = "As vouch approve, but says no: the request is over then, and nobody can approve it\n"
            "any more. Who rejects says why in words (--description), free of personal data.\n"
            "\n"
            "  vouch reject 17 --url http://127.0.0.1:8080 --vkey checkpoint.vkey \\\n"
            "      --key approvals.pem --issuer approvals.example --id-token-file token \\\n"
            "      --reason out-of-policy --description 'The liability is not capped.'\n",
    .options = DECISION_OPTIONS,
    .option_count = DECISION_OPTION_COUNT,
    .operand_count_max = 1,
    .run = run,
};
