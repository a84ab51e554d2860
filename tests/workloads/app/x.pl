use strict;
use List::Util qw(sum);
print "perl ", sum(0 .. 9), " @ARGV\n";
