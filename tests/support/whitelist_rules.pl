#!/usr/bin/perl
# whitelist_rules.pl FORMAT FILE: which lines of a Postgrey or SQLgrey list match what, by the formats' documented
# rules and nothing of the program under test. FORMAT is as in src/lists/list_file.h. Standard input has a probe a line: for a
# list of recipients an address, otherwise a client's name and its address with a tab between, either of them may be
# empty. Prints the numbers of the lines that are entries, then a line a probe with the numbers of the entries that match.
use strict;
use warnings;
use Socket qw(AF_INET AF_INET6 inet_pton);

my ($format, $file) = @ARGV;

# An address as a string of 32 or 128 zeros and ones.
sub bits {
  my ($address) = @_;
  my $bytes = inet_pton($address =~ /:/ ? AF_INET6 : AF_INET, $address);
  return defined $bytes ? unpack('B*', $bytes) : undef;
}

# What an entry says of a name and an address (of a client), or of an address (of a recipient).
sub network {
  my ($first, $prefix) = @_;
  my $network = bits($first) // die "$file: $first is no address\n";
  return sub {
    my $client = bits($_[1]);
    return defined $client && length($client) == length($network)
      && substr($client, 0, $prefix) eq substr($network, 0, $prefix);
  };
}

sub numbers {    # networks as both programs write them; nothing for what is none
  my ($entry) = @_;
  return network($1, $2) if $entry =~ m{^([0-9a-f.:]+)/(\d+)$}i;
  return network($entry, 32) if $entry =~ /^\d+\.\d+\.\d+\.\d+$/;
  return network("$entry.0", 24) if $entry =~ /^\d+\.\d+\.\d+$/;
  return network($entry, 128) if $entry =~ /:.*:/;
  return;
}

sub ends_in {
  my ($name, $end) = @_;
  return length($name) >= length($end) && lc(substr($name, -length($end))) eq lc($end);
}

my %rules = (
  'postgrey-clients' => sub {
    my ($entry) = @_;
    if ($entry =~ m{^/(.*)/$}) { my $regexp = $1; return sub { $_[0] =~ /$regexp/i } }
    return numbers($entry) // sub { lc $_[0] eq lc $entry || ends_in($_[0], ".$entry") };
  },
  'postgrey-recipients' => sub {
    my ($entry) = @_;
    if ($entry =~ m{^/(.*)/$}) { my $regexp = $1; return sub { $_[0] =~ /$regexp/i } }
    my ($user, $domain) = split /\@/, $entry, 2;
    return sub { ends_in($_[0], "\@$entry") || ends_in($_[0], ".$entry") } unless defined $domain;
    return sub {
      my ($to_user, $to_domain) = split /\@/, lc $_[0], 2;
      return 0 unless defined $to_domain && ($domain eq '' || lc $domain eq $to_domain);
      return $to_user eq lc $user || (index($to_user, lc "$user+") == 0 && length($to_user) > length("$user+"));
    };
  },
  'sqlgrey-ip' => sub { numbers($_[0]) // die "$file: $_[0] is no address\n" },
  # Names and regular expressions in any case, which is this project's reading.
  'sqlgrey-fqdn' => sub {
    my ($entry) = @_;
    if ($entry =~ m{^/(.*)/$}) { my $regexp = $1; return sub { $_[0] =~ /$regexp/i } }
    if ($entry =~ /^\*(\..*)/) { my $end = $1; return sub { ends_in($_[0], $end) } }
    return sub { lc $_[0] eq lc $entry };
  },
);
my $rule = $rules{$format} // die "whitelist_rules.pl: there is no format $format\n";

my @entries;
open my $list, '<', $file or die "$file: $!\n";
while (my $line = <$list>) {
  $line =~ s/#.*//s;
  $line =~ s/^\s+|\s+$//g;
  push @entries, [$., $rule->($line)] if $line ne '';
}
print join(' ', map { $_->[0] } @entries), "\n";
while (my $probe = <STDIN>) {
  chomp $probe;
  my ($name, $address) = (split(/\t/, $probe, -1), '');
  print join(' ', map { $_->[0] } grep { $_->[1]->($name, $address) } @entries), "\n";
}
