// Nothing: litewitness needs no package of it, only its sister program witnessctl does, and not
// every module proxy has it.
module sigsum.org/sigsum-go

go 1.21
