# SPDX-License-Identifier: GPL-2.0
# The tables of bench/README.md, from cost.tsv: first all columns with VHE.
BEGIN {
	FS = "\t"
	label["handled, no filter"] = "handled, no filter set"
	label["handled, all owners set to HANDLE"] = "handled, 1 range of all owners set to HANDLE"
	label["denied, 1"] = "denied, 1 range set"
	label["forwarded, bare, 0"] = "forwarded, nothing read or answered"
	label["no filter, bytes"] = "VM, vCPU, first run, no filter: bytes charged"
	label["no filter, no debugfs, bytes"] = "VM, vCPU, first run, no filter, no debugfs: bytes charged"
	way["one-reg"] = "a system call for each register"
	way["args"] = "`args[]`, and a system call for each register that is not there"
	way["sync-regs"] = "synced registers"
}

function name(row,   f)
{
	if (row in label)
		return label[row]
	split(row, f, ", ")
	if (f[1] == "handled")
		return "handled, " commas(f[3]) " range" (f[3] > 1 ? "s" : "") " set, " f[2]
	if (f[1] == "forwarded")
		return "forwarded, " f[3] " arguments, " way[f[2]]
	if (f[2] == "instructions")
		return "setting each of " commas(f[3]) " range" (f[3] > 1 ? "s" : "")
	return commas(f[3]) " range" (f[3] > 1 ? "s" : "") ": bytes charged"
}

function commas(n,   out)
{
	if (n < 0)
		return "-" commas(-n)
	for (; length(n) > 3; n = substr(n, 1, length(n) - 3))
		out = "," substr(n, length(n) - 2) out
	return n out
}

NR > 2 {
	for (mode = 0; mode < 2; mode++) {
		line = "| " name($1)
		for (i = 2 + 6 * mode; i <= 7 + 6 * mode; i++)
			line = line " | " ($i == "-" ? "" : i % 2 ? "**" commas($i) "**" : commas($i))
		rows[mode] = rows[mode] line " |\n"
	}
}

END {
	split("VHE;no VHE", title, ";")
	for (mode = 0; mode < 2; mode++) {
		print (mode ? "\n" : "") "| " title[mode + 1] ": guest's call | 6.1 | **6.1 + series** | 6.12 | **6.12 + series** | 7.3 | **7.3 + series** |"
		print "|---|--:|--:|--:|--:|--:|--:|"
		printf "%s", rows[mode]
	}
}
