module cipherglass

go 1.26
