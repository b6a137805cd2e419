/**
 * The scripts for the shells. They hand over the words as they are, up to the one that is being typed,
 * and never evaluate them.
 */
export const SCRIPTS = {
  bash: `# Completion of millrace for bash
_millrace() {
  local value
  COMPREPLY=()
  while IFS=$'\\t' read -r value _; do
    COMPREPLY+=("$value")
  done < <(millrace complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _millrace millrace
`,
  zsh: `#compdef millrace
# Completion of millrace for zsh
_millrace() {
  local -a found
  local value description
  while IFS=$'\\t' read -r value description; do
    found+=("\${value//:/\\\\:}\${description:+:$description}")
  done < <(millrace complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#found )); then _describe millrace found; else _files; fi
}
if [[ "\${funcstack[1]}" == _millrace ]]; then _millrace "$@"; else compdef _millrace millrace; fi
`,
  fish: `# Completion of millrace for fish
function __millrace_complete
  set -l words (commandline --tokenize --cut-at-cursor --current-process)
  millrace complete -- $words[2..] (commandline --current-token --cut-at-cursor) 2>/dev/null
end
complete --command millrace --no-files --arguments '(__millrace_complete)'
`,
} as const;

export type Shell = keyof typeof SCRIPTS;
