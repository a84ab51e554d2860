# The results of the attacks as Markdown: a table for each family of those
# that runmoor stops, and one of the others.

def text: gsub("&"; "&amp;") | gsub("<"; "&lt;") | gsub("\\|"; "\\|");
def row: "| " + join(" | ") + " |";
def table($heads): ($heads | row), ($heads | map("---") | row), (.[] | row);
def became: split(",")[0] | if . == "FAILED" then "**failed**" else . end;
def events: [.cells[] | split(", ")[1] // empty | split(" ")[]] | unique | join(", ");
def attack: "`\(.name)`: \(.sentence | text)" + if .user == "root" then " (root)" else "" end;
def cells: .cells | map(became);

def innocents: if .stalls == "yes" then "may stall" else "\(.innocents), \(.slowest) ms" end;

def stopped: [attack, (.stops | text), events] + cells[:4] + [innocents];
def admitted: [attack, (.remedy | text), events] + cells + [innocents];

["files", "memory", "races", "identity", "loader", "interpreters", "filter",
	"mounts", "hang", "ptrace", "insiders", "review"] as $order
| (map(select(.stopped == "yes")) | group_by(.family)
	| sort_by(.[0].family as $family | $order | index($family) // 99)[]
	| "", "### \(.[0].family)", "",
		(map(stopped) | table(["Attack", "Stopped by", "Event", "bare", "runc", "crun", "rootless", "innocents"]))),
  (map(select(.stopped == "no")) | select(length > 0)
	| "", "### not stopped", "",
		(map(admitted) | table(["Attack", "What helps", "Event", "bare", "runc", "crun", "rootless", "with that", "innocents"])))
