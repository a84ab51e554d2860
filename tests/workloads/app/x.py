import sys
print("python", sum(range(10)), sys.argv[1:])
