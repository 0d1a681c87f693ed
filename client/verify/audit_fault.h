/* What kind of wrong an audit found, for programs that act on it; the text says what it is. */
#ifndef VOUCH_CLIENT_VERIFY_AUDIT_FAULT_H
#define VOUCH_CLIENT_VERIFY_AUDIT_FAULT_H

enum audit_fault {
    AUDIT_NO_FAULT,      /* also where the auditor's own facts could not be read */
    AUDIT_BAD_FORM,      /* an entry that is no statement, or a bundle that is none */
    AUDIT_BAD_SCHEMA,    /* a record is not what its type must be */
    AUDIT_BAD_SIGNATURE, /* of a statement: broken, or by a key that was not its issuer's */
    AUDIT_BAD_SEAL,      /* a seal is not right about the entries before it, or is missing */
    AUDIT_BAD_ADMISSION, /* the rules refuse what the log admitted */
    AUDIT_BAD_FLAGS,     /* a seal has other flags, or other rules, than the log's rules give */
};

#endif
