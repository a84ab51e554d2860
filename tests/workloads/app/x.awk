BEGIN { for (i = 0; i < 10; i++) sum += i; print "awk", sum }
