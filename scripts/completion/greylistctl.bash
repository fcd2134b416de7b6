# shellcheck shell=bash
# Completion of greylistctl(8) for bash. make install puts it where bash-completion finds it; or source it.

_greylistctl() {
  local current=${COMP_WORDS[COMP_CWORD]} word option='' subcommand='' arguments=0 i

  # What stands before the word: the subcommand, how many arguments it has, and an option that waits for its value.
  # Bash makes three words of --option=value.
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
      =) ;;
      --home | --until | --for | --comment | --reply | --block | --action | --host | --helo | --spf | \
        --recipients | --from | --to | --client | --sender | --recipient | --since | --limit | --days | --min | --batch | \
        --pause | --output | --html | --user) option=$word ;;
      -*) option='' ;;
      *)
        if [[ -n $option ]]; then
          option=''
        elif [[ -z $subcommand ]]; then
          subcommand=$word
        else
          arguments=$((arguments + 1))
        fi
        ;;
    esac
  done
  if [[ $current == '=' ]]; then current=''; fi

  local words='' kind=''  # words to choose from, or `file`, `directory` or `user`
  if [[ -n $option ]]; then
    case $option in
      --home) kind='directory' ;;
      --output | --html) kind='file' ;;
      --user) kind='user' ;;
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
      list | status) words+='--json' ;;
      settings) words+='--all --defaults --json' ;;
      metrics) words+='--output' ;;
      remove) words+='--dry-run --json' ;;
      import) words+='--action --comment --yes --dry-run --json' ;;
      refresh) words+='--dry-run --json' ;;
      export) words+='--action' ;;
      copy) words+='--from --to --overwrite --compare' ;;
      explain) words+='--host --helo --spf --recipients --json' ;;
      find) words+='--client --sender --recipient --pending --passed --pools --since --limit --json --csv' ;;
      report) words+='--since --until --html --json --mail --no-names' ;;
      pass) words+='--host --helo --spf --dry-run' ;;
      forget) words+='--client --host --helo --yes --dry-run' ;;
      learn) words+='--days --min --all --yes --dry-run --json' ;;
      cleanup) words+='--batch --pause --dry-run --json' ;;
      migrate) words+='--dry-run' ;;
    esac
  else
    case $subcommand:$arguments in
      :*) words='check settings status metrics explain allow deny trap greylist skip expect list remove import refresh export copy find report pass forget learn cleanup migrate' ;;
      allow:0 | deny:0) words='client sender recipient' ;;
      trap:0 | skip:0) words='recipient' ;;
      greylist:0) words='recipient client' ;;
      list:0) words='allow deny trap greylist skip trusted trapped expected' ;;
      remove:0) words='client sender recipient trusted trapped expected' ;;
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
}

complete -F _greylistctl greylistctl
