# complete.zsh DIRECTORY SCRATCH: for each line of standard input, every word that zsh offers when Tab is pressed at its
# end, as LINE<tab>WORD. It types the lines into an interactive zsh that has the completions of DIRECTORY. SCRATCH is an
# empty directory; in it are afterwards in `texts` the lines that zsh shows for words.
zmodload zsh/zpty

home=$2
offers=$home/offers
touch $offers
cat > $home/.zshrc << END
PROMPT='READY>'
fpath=($1:A \$fpath)
autoload -Uz compinit
compinit -D -u
setopt no_beep
END
cat >> $home/.zshrc << 'END'
# What is offered, in place of inserting it. Calls that only fill an array are left alone.
compadd() {
  if [[ ${@[1,(i)(-|--)]} == (*\ |)-[a-zA-Z]#[OAD]\ * ]]; then
    builtin compadd "$@"
    return
  fi
  local -a offered
  builtin compadd -O offered "$@"
  if ((${#offered})); then print -rl -- $BUFFER$'\t'${^offered} >> $OFFERS; fi
  local display=${@[1+${@[(i)-*d]}]}
  if [[ $display == [a-z_]## ]]; then print -rl -- ${(P)display} >> ${OFFERS:h}/texts; fi
  builtin compadd "$@"
}
forget-line() {
  BUFFER=
  print -n 'DONE>' > $TTY
}
zle -N forget-line
bindkey '^T' forget-line
bindkey '^I' list-choices
END

zpty child "TERM=dumb OFFERS=${(q)offers} ZDOTDIR=${(q)home} zsh -i"
zpty -r child shown '*READY>*'
while IFS= read -r line; do
  zpty -w -n child $line$'\t\C-t'
  zpty -r child shown '*DONE>*'
done
zpty -w child exit
while zpty -r child shown; do :; done
sort -u $offers
