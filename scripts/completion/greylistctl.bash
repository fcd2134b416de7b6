# shellcheck shell=bash
# Completion of greylistctl(8) for bash. make install puts it where bash-completion finds it; or source it.

# What can be named of the table that `greylistctl list …` prints of the store of that home, quoted for the shell: the
# first column, or of expected mail the recipients. Where bash only shows what there is (COMP_TYPE 63), the other columns
# stand beside it.
_greylistctl_listed() {
  local home=$1 cell
  shift
  timeout 2 "${COMP_WORDS[0]}" ${home:+--home "$home"} list "$@" 2> /dev/null < /dev/null |
    awk -F '  +' -v what="${1-}" -v all="${COMP_TYPE-}" '
      NR == 1 || NR >= 500 { next }
      what == "expected" { if ($1 == "*") print $2; next }
      all == 63 && what == "" { print; next }
      { print $1 }' |
    while IFS= read -r cell; do if [[ ${COMP_TYPE-} == 63 ]]; then echo "$cell"; else printf '%q\n' "$cell"; fi; done
}

_greylistctl() {
  local current='' typed=() rest=${COMP_LINE:0:COMP_POINT} after word option='' subcommand='' first='' home='' arguments=0 i

  # Bash makes several words of one with : or = or @ in it.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    after=${rest#"${rest%%[![:blank:]]*}"}
    if ((i > 0)) && [[ $after == "$rest" && -n $rest ]]; then
      typed[-1]+=$word
    else
      typed+=("$word")
    fi
    rest=${after#"$word"}
  done

  # What stands before the word: the subcommand, how many arguments it has, and an option that waits for its value.
  for ((i = 1; i < ${#typed[@]} - 1; i++)); do
    word=${typed[i]}
    case $word in
      --home=*) home=${word#*=} ;;
      --home | --until | --for | --comment | --reply | --block | --action | --host | --helo | --spf | \
        --recipients | --from | --to | --client | --sender | --recipient | --since | --limit | --days | --min | --last | \
        --batch | --pause | --output | --html | --user | --recipient-domain) option=$word ;;
      -*) option='' ;;
      *)
        if [[ -n $option ]]; then
          if [[ $option == --home ]]; then home=$word; fi
          option=''
        elif [[ -z $subcommand ]]; then
          subcommand=$word
        else
          if ((arguments == 0)); then first=$word; fi
          arguments=$((arguments + 1))
        fi
        ;;
    esac
  done
  current=${typed[-1]}
  if [[ $current == --*=* ]]; then
    option=${current%%=*}
    current=${current#*=}
  fi

  local words='' kind=''  # words to choose from, or `file`, `directory` or `user`
  local listed=()         # or rows of the store
  if [[ $subcommand == copy && $current == *:* ]]; then
    kind='file'
    current=${current#*:}
  elif [[ -n $option ]]; then
    case $option in
      --home) kind='directory' ;;
      --output | --html) kind='file' ;;
      --user) kind='user' ;;
      --from | --to) words='sqlite mysql' ;;
      --action) words='allow deny trap greylist skip' ;;
      --spf) words='pass none neutral softfail fail temperror permerror error unknown' ;;
    esac
  elif [[ $current == -* ]]; then
    words='-h --help '
    case $subcommand in
      '') words+='--home --version' ;;
      allow | trap | skip) words+='--until --for --comment --yes --dry-run --json' ;;
      deny) words+='--until --for --comment --reply --yes --dry-run --json' ;;
      greylist) words+='--until --for --comment --block --yes --dry-run --json' ;;
      check) words+='--user --verbose --json --quiet' ;;
      expect) words+='--for --json' ;;
      list) words+='--wide --json' ;;
      status) words+='--recipient-domain --json --watch' ;;
      why) words+='--since --limit --json' ;;
      tail) words+='--last --wide --json' ;;
      settings) words+='--all --defaults --json' ;;
      metrics) words+='--output' ;;
      remove) words+='--dry-run --json' ;;
      import) words+='--action --comment --yes --dry-run --json' ;;
      refresh) words+='--dry-run --json' ;;
      export) words+='--action' ;;
      copy) words+='--from --to --overwrite --compare' ;;
      explain) words+='--host --helo --spf --recipients --json' ;;
      find) words+='--client --sender --recipient --pending --passed --pools --since --limit --wide --json --csv' ;;
      report) words+='--since --until --html --json --mail --recipient-domain --wide --no-names' ;;
      pass) words+='--host --helo --spf --dry-run' ;;
      forget) words+='--client --host --helo --yes --dry-run' ;;
      learn) words+='--days --min --all --wide --yes --dry-run --json' ;;
      cleanup) words+='--batch --pause --dry-run --json' ;;
      migrate) words+='--dry-run' ;;
    esac
  else
    case $subcommand:$arguments in
      :*) words='check settings status metrics explain allow deny trap greylist skip expect list remove import refresh export copy find why tail report pass forget learn cleanup migrate' ;;
      allow:0 | deny:0) words='client sender recipient' ;;
      trap:0 | skip:0) words='recipient' ;;
      greylist:0) words='recipient client' ;;
      list:0) words='allow deny trap greylist skip trusted trapped expected' ;;
      remove:0)
        words='client sender recipient trusted trapped expected'
        mapfile -t listed < <(_greylistctl_listed "$home")
        ;;
      remove:1)
        case $first in trusted | trapped | expected) mapfile -t listed < <(_greylistctl_listed "$home" "$first") ;; esac
        ;;
      import:0) words='plain postgrey-clients postgrey-recipients sqlgrey-ip sqlgrey-fqdn json spf jgreylist postgrey-db sqlgrey-db' ;;
      export:0) words='plain postgrey-clients postgrey-recipients sqlgrey-ip sqlgrey-fqdn json' ;;
      learn:*) kind='file' ;;
      import:1 | export:1) kind='file' ;;
    esac
  fi

  case $kind in
    file) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    user) mapfile -t COMPREPLY < <(compgen -u -- "$current") ;;
    directory) mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current") ;;
  esac
  if [[ -n $kind ]]; then compopt -o filenames 2> /dev/null; fi

  # Of a word that is several for bash only the rest is offered.
  local before=${typed[-1]%"${COMP_WORDS[COMP_CWORD]}"}
  if [[ ${COMP_WORDS[COMP_CWORD]} == [:=@]* ]]; then before=${typed[-1]}; fi
  for word in "${listed[@]}"; do
    if [[ $word == "${typed[-1]}"* ]]; then COMPREPLY+=("${word#"$before"}"); fi
  done
}

complete -F _greylistctl greylistctl
