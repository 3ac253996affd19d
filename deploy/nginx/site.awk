# Find the server block of nginx that answers for a host, as nginx chooses it: by name, else the
# default_server of the port, else the first one.  Of several ports the first counts most.
# usage: awk -v host=NAME -v ports="443 80" -f site.awk FILE...
# Prints the number of the line that opens the block, and the file.  Nothing: there is no such block.

function word_of(text, i) {
	split(text, words, /[ \t;]+/)
	return words[i]
}

# How good a port of this block is: 0 is none that was asked for.
function port_rank(listen, port) {
	port = word_of(listen, 1)
	if (port ~ /^unix:/)
		return 0
	sub(/^.*:/, "", port)
	if (port !~ /^[0-9]+$/)
		port = 80
	return port in rank ? rank[port] : 0
}

function name_rank(names, count, i, all) {
	count = split(names, all, /[ \t;]+/)
	for (i = 1; i <= count; i++) {
		if (all[i] == host)
			return 3
		sub(/^\*?[.]/, ".", all[i])
		if (all[i] ~ /^[.]./ && substr(host, length(host) - length(all[i]) + 1) == all[i])
			return 2
	}
	return 0
}

function block_ends(i, score, this) {
	if (listens == 0)
		listen[++listens] = "80"
	for (i = 1; i <= listens; i++) {
		if (port_rank(listen[i]) == 0)
			continue
		this = port_rank(listen[i]) * 10 + name_rank(names)
		if (name_rank(names) == 0 && listen[i] ~ /[ \t]default_server/)
			this++
		if (this > score)
			score = this
	}
	if (score > best) {
		best = score
		found = opened " " FILENAME
	}
}

BEGIN {
	count = split(ports, wanted, " ")
	for (i = 1; i <= count; i++)
		rank[wanted[i]] = count - i + 1
}
FNR == 1 { depth = 0 }
{
	sub(/(^|[ \t])#.*/, "")
	if (depth == 0 && $0 ~ /^[ \t]*server[ \t]*\{[ \t]*$/) {
		opened = FNR
		listens = 0
		names = ""
	}
	if (depth == 1 && opened && sub(/^[ \t]*listen[ \t]+/, ""))
		listen[++listens] = $0
	if (depth == 1 && opened && sub(/^[ \t]*server_name[ \t]+/, ""))
		names = names " " $0
	depth += gsub(/\{/, "{") - gsub(/\}/, "}")
	if (depth == 0 && opened) {
		block_ends()
		opened = 0
	}
}
END {
	if (found)
		print found
}
