package pii_redaction

# Clause 2.1: e-mail addresses never reach a model.
default decision := "allow"

decision := "redact" if {
    some finding in input.findings
    finding.entity == "EMAIL"
}
