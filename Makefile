# greylisting: everything a person types. `make help` lists it.

PREFIX  ?= /usr/local
QMAILDIR ?= /var/qmail
BUILD   := build

CXX      ?= g++
CXXFLAGS ?= -O2 -g1 -fstack-protector-strong -D_FORTIFY_SOURCE=2
LDFLAGS  ?= -Wl,-z,relro -Wl,-z,now
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast
comma := ,

# All cores, unless -j says otherwise. `make clean all` goes from left to right.
ifeq ($(MAKELEVEL)$(filter -j% --jobserver% clean,$(MAKEFLAGS) $(MAKECMDGOALS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

# Two builds for tests alone, each in a directory of its own. SANITIZE=1: a wrong access to memory, a leak or undefined
# behaviour ends the program. COVERAGE=1: counts which lines are run.
ifdef SANITIZE
BUILD    := build/sanitize
LINK     := dynamic
CXXFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
else ifdef COVERAGE
BUILD    := build/coverage
LINK     := dynamic
CXXFLAGS := -O0 -g --coverage
endif
# V=1 shows the commands as they are run.
Q := $(if $(V),,@)

# WERROR=1 (as in CI) makes a warning an error.
ifdef WERROR
WARNINGS += -Werror
endif

# MySQL's client library: Oracle's libmysqlclient or MariaDB Connector/C, by pkg-config or by its own config program.
MYSQL_PACKAGE := $(firstword $(foreach p,mysqlclient libmariadb mariadb,$(shell pkg-config --exists $(p) 2>/dev/null && echo $(p))))
MYSQL_CONFIG  ?= $(firstword $(foreach c,mysql_config mariadb_config,$(shell command -v $(c) 2>/dev/null)))
ifneq ($(MYSQL_PACKAGE),)
MYSQL_CFLAGS ?= $(shell pkg-config --cflags $(MYSQL_PACKAGE))
MYSQL_LIBS   ?= $(shell pkg-config --libs $(MYSQL_PACKAGE))
MYSQL_STATIC_LIBS ?= $(shell pkg-config --static --libs $(MYSQL_PACKAGE))
else ifneq ($(MYSQL_CONFIG),)
MYSQL_CFLAGS ?= $(shell $(MYSQL_CONFIG) --include)
MYSQL_LIBS   ?= $(shell $(MYSQL_CONFIG) --libs)
endif
MYSQL_STATIC_LIBS ?= $(MYSQL_LIBS)

ALL_CXXFLAGS := -std=c++20 $(WARNINGS) -ffunction-sections -I. -Isrc $(patsubst -I%,-isystem %,$(MYSQL_CFLAGS)) -MMD -MP $(CXXFLAGS)
LIBS         := $(MYSQL_LIBS) -linih -lsqlite3 -lmd -lidn2 -lpcre2-8 -lspf2 -lcares -lresolv

# The plugin is linked twice. A process that lives for a millisecond had better be a static one: it starts five times as
# fast. What the C library does only in a dynamic one is handed over to that (src/process/hand_over.h). Static, and not
# position-independent, because relocating OpenSSL's tables at every start costs as much as all the rest
# (bench/README.md). Without the static archives, or with LINK=dynamic, the plugin is the dynamic one.
LINK         ?= static
STATIC_FLAGS := -static -no-pie -Wl,-T,scripts/startup.ld -Wl,--gc-sections -Wl,--wrap=ma_tls_start,--wrap=OPENSSL_cpuid_setup
PLUGIN_WRAPS := $(patsubst %,-Wl$(comma)--wrap=%,getaddrinfo dlopen getpwuid getservbyname usleep exit)
STATIC_LIBS   = $(MYSQL_STATIC_LIBS) $(shell pkg-config --static --libs libssl inih sqlite3 libmd libidn2 libpcre2-8)
STATIC_ONLY  := src/host/static_link.cpp src/process/deferred_tls.cpp

# A room is compiled as one, because what its files include takes longer to read than they do: a quarter of the time of
# each by itself. Apart is what needs libraries that the static plugin has not.
APART           := src/host/spf.cpp src/process/dns.cpp
in_room          = $(filter-out $(APART) $(STATIC_ONLY) tests/support/qmail_smtpd.cpp,$(wildcard $(1)/*.cpp))
rooms            = $(patsubst %/,$(BUILD)/rooms/%.o,$(sort $(dir $(wildcard $(1)))))
LIBRARY_OBJECTS := $(filter-out $(BUILD)/rooms/src/ctl.o,$(call rooms,src/*/*.cpp)) $(APART:%.cpp=$(BUILD)/%.o) $(BUILD)/sql_text.o
CTL_ROOMS       := $(call rooms,src/ctl/*.cpp src/ctl/*/*.cpp)
ROOMS           := $(call rooms,src/*/*.cpp src/ctl/*/*.cpp tests/*/*_test.cpp tests/support/*.cpp)
SQL_FILES       := $(wildcard sql/*.sql sql/*/*.sql)
LIBRARY         := $(BUILD)/libgreylisting.a

.PHONY: all
all: $(BUILD)/greylisting $(BUILD)/greylisting-policy $(BUILD)/greylisting-front $(BUILD)/greylistctl ## build the plugin, the other doors and the tool (default)

$(BUILD)/greylisting.dynamic: $(BUILD)/greylisting.o $(LIBRARY)
	@echo '  link     $@'
	$(Q)$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/greylisting: $(BUILD)/greylisting.dynamic $(BUILD)/greylisting.o $(patsubst %.cpp,$(BUILD)/%.o,$(STATIC_ONLY)) $(LIBRARY) $(BUILD)/link scripts/startup.ld
	$(Q)if [ $(LINK) = static ] && $(CXX) $(CXXFLAGS) $(LDFLAGS) $(STATIC_FLAGS) $(PLUGIN_WRAPS) -o $@ \
	      $(filter %.o %.a,$^) $(STATIC_LIBS) > $@.log 2>&1; then \
	  echo '  link     $@'; \
	else \
	  if [ $(LINK) = static ]; then echo '  link     $@: dynamic, because it cannot be static ($@.log)'; fi; \
	  cp $< $@; \
	fi

# Started once a connection, not once a recipient: they may be dynamic ones.
$(BUILD)/greylisting-policy $(BUILD)/greylisting-front: %: %.o $(LIBRARY)
	@echo '  link     $@'
	$(Q)$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/greylistctl: $(BUILD)/greylistctl.o $(CTL_ROOMS) $(LIBRARY)
	@echo '  link     $@'
	$(Q)$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lz

# The tool waits for a database or a disk; the optimizer's last per cent take the compiler longest. CLI11 runs once.
$(BUILD)/greylistctl.o $(CTL_ROOMS): OWN_CXXFLAGS := $(if $(filter -O2,$(CXXFLAGS)),-O1)
$(BUILD)/rooms/src/ctl/command_line.o: OWN_CXXFLAGS := -O0

$(LIBRARY): $(LIBRARY_OBJECTS)
	@echo '  archive  $@'
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/%.o: %.cpp $(BUILD)/flags
	@mkdir -p $(@D)
	@echo '  compile  $<'
	$(Q)$(CXX) $(ALL_CXXFLAGS) $(OWN_CXXFLAGS) -c -o $@ $<

$(ROOMS) $(BUILD)/sql_text.o: $(BUILD)/%.o: $(BUILD)/%.cpp $(BUILD)/flags
	@echo '  compile  $(*:rooms/%=%)'
	$(Q)$(CXX) $(ALL_CXXFLAGS) $(OWN_CXXFLAGS) -c -o $@ $<

# Written anew when a file has come or gone.
$(ROOMS:.o=.cpp): $(BUILD)/rooms/%.cpp: force
	@mkdir -p $(@D)
	@printf '#include "%s"\n' $(call in_room,$*) | cmp -s - $@ || printf '#include "%s"\n' $(call in_room,$*) > $@

$(BUILD)/sql_text.cpp: scripts/embed-sql $(SQL_FILES)
	@mkdir -p $(@D)
	$(Q)scripts/embed-sql $(SQL_FILES) > $@

# Tests: every tests/*/*_test.cpp, with what tests/support has for them. The stand-in for qmail-smtpd is a program of its own.
TEST_OBJECTS := $(BUILD)/tests/main.o $(call rooms,tests/$(if $(COVERAGE),unit,*)/*_test.cpp tests/support/*.cpp)
# Catch2 3 has a library, Catch2 2 has none.
CATCH_LIBS = $(shell pkg-config --silence-errors --libs catch2)
$(TEST_OBJECTS): OWN_CXXFLAGS := -O0 -g1 -DCATCH_CONFIG_FAST_COMPILE $(if $(SANITIZE),-DGREYLISTING_IS_SANITIZED)
TEST_PATHS := -DGREYLISTING_BUILD='"$(CURDIR)/$(BUILD)"' -DGREYLISTING_SOURCE='"$(CURDIR)"'
$(BUILD)/rooms/tests/support.o $(BUILD)/tests/support/process.o: OWN_CXXFLAGS += $(TEST_PATHS)

$(BUILD)/tests/all: $(TEST_OBJECTS) $(CTL_ROOMS) $(LIBRARY)
	@echo '  link     $@'
	$(Q)$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lz $(CATCH_LIBS)

ifdef SANITIZE
$(BUILD)/greylisting.dynamic $(BUILD)/greylistctl $(BUILD)/qmail-smtpd: $(BUILD)/tests/support/leak_check.o
endif

$(BUILD)/qmail-smtpd: $(BUILD)/tests/support/qmail_smtpd.o
	@echo '  link     $@'
	$(Q)$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^

MYSQL56 := $(BUILD)/mysql56/package/server/mysqld
$(MYSQL56):
	tests/support/fetch-mysql56 $(BUILD)/mysql56

DEBIAN_LISTS := $(BUILD)/debian-lists/smtp_server.regexp
$(DEBIAN_LISTS):
	@tests/support/fetch-from-debian $(@D) postgrey usr/share/postgrey/whitelist_clients usr/share/postgrey/whitelist_recipients
	@tests/support/fetch-from-debian $(@D) sqlgrey etc/sqlgrey/clients_ip_whitelist etc/sqlgrey/clients_fqdn_whitelist \
	  etc/sqlgrey/dyn_fqdn.regexp etc/sqlgrey/discrimination.regexp etc/sqlgrey/smtp_server.regexp

PROMTOOL := $(BUILD)/debian/promtool
$(PROMTOOL):
	@tests/support/fetch-from-debian $(@D) promtool,prometheus usr/bin/promtool

# Mail servers that cannot be installed side by side.
POSTFIX := $(BUILD)/debian/postfix
EXIM    := $(BUILD)/debian/exim
$(POSTFIX):
	@tests/support/unpack-from-debian $@ postfix
$(EXIM):
	@tests/support/unpack-from-debian $@ exim4-daemon-light

# Greylisters whose databases are taken over, with the Perl modules that they need.
GREYLISTERS := $(BUILD)/debian/greylisters
$(GREYLISTERS):
	@tests/support/unpack-from-debian $@ postgrey sqlgrey db5.3-util libdbd-sqlite3-perl

.PHONY: demo
demo: ## install what is missing, build, and show the main job: deferred, retried, accepted
	@scripts/install-packages build demo
	@$(MAKE) --no-print-directory $(BUILD)/greylisting $(BUILD)/qmail-smtpd
	@scripts/demo $(BUILD)

.PHONY: test
test: ## install what is missing, build, and run all tests; TESTS='[tag]' for some, SANITIZE=1, COVERAGE=1
	@scripts/install-packages build test $(if $(wildcard $(MYSQL56)),,mysql56)
	@$(MAKE) --no-print-directory all $(BUILD)/tests/all $(BUILD)/qmail-smtpd $(MYSQL56) $(DEBIAN_LISTS) $(PROMTOOL) $(POSTFIX) $(EXIM) $(GREYLISTERS)
	@$(if $(SANITIZE),scripts/sanitized,$(if $(COVERAGE),scripts/coverage)) $(BUILD)/tests/all $(TESTS)

# Benchmarks: what the plugin costs beside the least that can be (bench/README.md). All are copied first, as an
# installation does: a file as the linker has written it lies in memory in small pieces, and starts later.
BENCH_FLOORS  := $(patsubst %,$(BUILD)/bench/%,floor_exit floor_mysql floor_sqlite)
BENCH_OBJECTS := $(patsubst %.cpp,$(BUILD)/%.o,$(filter-out bench/floor_% bench/as_%,$(wildcard bench/*.cpp)) \
                   $(addprefix tests/support/,database_server.cpp installation.cpp process.cpp temporary_directory.cpp))

$(BENCH_FLOORS): $(BUILD)/bench/%: $(BUILD)/bench/%.o $(BUILD)/src/process/deferred_tls.o
	@echo '  link     $@'
	$(Q)$(CXX) $(CXXFLAGS) $(LDFLAGS) $(STATIC_FLAGS) -o $@ $^ $(STATIC_LIBS) > $@.log 2>&1 || { cat $@.log; exit 1; }

$(BUILD)/bench/as_0_5: $(BUILD)/bench/as_0_5.o
	@echo '  link     $@'
	$(Q)$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(MYSQL_LIBS)

$(BUILD)/bench/bench: $(BENCH_OBJECTS) $(LIBRARY)
	@echo '  link     $@'
	$(Q)$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

.PHONY: bench
bench: ## measure the cost of a decision; BENCH_SCALE=0.001 for a quick look
	@scripts/install-packages build test
	@$(MAKE) --no-print-directory all $(BENCH_FLOORS) $(BUILD)/bench/as_0_5 $(BUILD)/bench/bench
	@for program in $(BUILD)/greylisting $(BENCH_FLOORS) $(BUILD)/bench/as_0_5; do cp $$program $$program.copy && mv $$program.copy $$program; done
	@$(BUILD)/bench/bench $(or $(BENCH_SCALE),1) $(BENCH_PARTS)

.PHONY: fuzz
fuzz: ## fuzz every parser with libFuzzer, SECONDS=60 each
	@scripts/install-packages build fuzz
	@scripts/fuzz $(or $(SECONDS),60)

.PHONY: lint
lint: $(filter $(BUILD)/rooms/src/%,$(ROOMS:.o=.cpp)) ## includes, clang-format, clang-tidy, cppcheck and shellcheck, all of it clean
	@scripts/install-packages build lint
	@scripts/lint

RELEASE ?= trixie
.PHONY: try-on
try-on: ## try what a newcomer does on a bare Debian, RELEASE=trixie; TESTS='[tag]' for some tests; as root
	@scripts/install-packages try-on
	@scripts/try-on '$(RELEASE)' '$(TESTS)'

$(BUILD)/document-settings: $(BUILD)/scripts/document-settings.o $(LIBRARY)
	@echo '  link     $@'
	$(Q)$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

.PHONY: docs
docs: $(BUILD)/document-settings ## write the table of settings into man/greylisting.conf.5 and docs/settings.md
	@$<

# The user that qmail-smtpd runs as: the option file is readable for nobody else, the SQLite file's directory is its own.
POLICY_USER ?= greylisting
SMTPD_USER ?= $(firstword $(foreach u,vpopmail qmaild,$(shell id -un $(u) 2>/dev/null)) root)

.PHONY: install
install: all ## install under QMAILDIR and PREFIX (and DESTDIR); never overwrites a control file
	@scripts/install '$(DESTDIR)' '$(QMAILDIR)' '$(PREFIX)' '$(BUILD)' '$(SMTPD_USER)'

.PHONY: install-policy
install-policy: all ## the same for Postfix, Exim and s/qmail: settings in /etc/greylisting
	@scripts/install '$(DESTDIR)' /var/lib/greylisting '$(PREFIX)' '$(BUILD)' '$(POLICY_USER)'

.PHONY: deb
deb: ## make Debian packages of what is committed, in build/deb
	@scripts/install-packages build deb
	@scripts/deb

.PHONY: try-deb
try-deb: ## install the packages of make deb on a bare Debian of this release, and have one recipient judged; as root
	@scripts/install-packages try-on
	@scripts/try-on "$$(. /etc/os-release && echo "$$VERSION_CODENAME")" --packages

# Written anew each time, because what it depends on are the flags and which files there are.
SOURCES := $(wildcard *.cpp src/*/*.cpp src/ctl/*/*.cpp tests/*.cpp tests/*/*.cpp bench/*.cpp)
.PHONY: compile_commands.json
compile_commands.json: ## write how each file is compiled, for clangd and clang-tidy
	$(file >$@,[)
	$(foreach file,$(SOURCES),$(file >>$@,{"directory": "$(CURDIR)"$(comma) "file": "$(file)"$(comma) "command": \
	  "$(subst ",\",$(CXX) $(ALL_CXXFLAGS) $(TEST_PATHS)) -c $(file)"}$(if $(filter $(file),$(lastword $(SOURCES))),,$(comma))))
	$(file >>$@,])
	@echo '  write    $@'

.PHONY: clean
clean: ## remove everything generated
	rm -rf $(BUILD)

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z_.-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 30

# A change of flags rebuilds everything, a change of LINK the plugin.
.PHONY: force
$(BUILD)/link: force
	@mkdir -p $(@D)
	@echo '$(LINK)' | cmp -s - $@ || echo '$(LINK)' > $@

$(BUILD)/flags: force
	@mkdir -p $(@D)
	@echo '$(CXX) $(ALL_CXXFLAGS)' | cmp -s - $@ || echo '$(CXX) $(ALL_CXXFLAGS)' > $@

# Not those that a release being tried on is just writing.
-include $(shell find $(BUILD) -path '*/try-on-*' -prune -o -name '*.d' -type f -print 2>/dev/null)
