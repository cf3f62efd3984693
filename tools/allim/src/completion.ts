import { fileURLToPath } from 'node:url';
import { completions } from './command-line.js';
import { filterFields, filterStates, jobLetterStates, replayableStates } from './dlt-filter.js';

const quoted = (path: string) => `'${path.replaceAll("'", "'\\''")}'`;

/**
 * A script for bash: the function `allim`, and what may follow its words. Topics are asked of ops. Their names come from
 * letters that anybody may have written: what Kafka would not take for a name is left out, for the shell must not run it.
 */
export function bashCompletion(): string {
  const main = fileURLToPath(new URL('main.js', import.meta.url));
  const afterWords = [...completions].map(([words, next]) => `      ${quoted(words)}) words='${next.join(' ')}' ;;`);
  return `allim() { ${quoted(process.execPath)} ${quoted(main)} "$@"; }
_allim() {
  local IFS=$' \\t\\n' at=$COMP_CWORD words= field= word most=2
  local current=\${COMP_WORDS[at]} last=\${COMP_WORDS[at-1]}
  # bash takes the = of topic=x for a word of its own
  if [[ $current == = ]]; then field=$last current=
  elif [[ $last == = ]]; then field=\${COMP_WORDS[at-2]}
  elif [[ $last == --filter ]]; then field=$last
  fi
  if [[ \${COMP_WORDS[*]:1:2} == 'dlt job' ]]; then most=3; fi
  if [[ $last == --file || $last == --edit ]]; then compopt -o default 2>/dev/null
  elif [[ $field ]]; then
    case \${field##*,} in
      --filter) words='${filterFields.map((name) => `${name}=`).join(' ')}'; compopt -o nospace 2>/dev/null ;;
      topic) words=$(allim dlt topics --json 2>/dev/null | sed -n 's/^ *"topic": "\\([A-Za-z0-9._-]*\\)",\\{0,1\\}$/\\1/p') ;;
      state)
        case "\${COMP_WORDS[*]:1:most}" in
          'dlt job letters') words='${jobLetterStates.join(' ')}' ;;
          'dlt replay') words='${replayableStates.join(' ')}' ;;
          *) words='${filterStates.join(' ')}' ;;
        esac ;;
    esac
  else
    case "\${COMP_WORDS[*]:1:at-1<most?at-1:most}" in
${afterWords.join('\n')}
    esac
  fi
  COMPREPLY=()
  for word in $words; do
    if [[ $word == "$current"* ]]; then COMPREPLY+=("$word"); fi
  done
}
complete -F _allim allim`;
}
