#pragma once
// What the Swift importer cannot see in <curses.h> (macros) or refuses (mutable globals): each under a name of its own.
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

static inline int scope_lines(void) { return LINES; }
static inline int scope_columns(void) { return COLS; }
static inline int scope_colors(void) { return COLORS; }
static inline SCREEN *_Nullable scope_newterm(const char *_Nullable name) { return newterm(name, stdout, stdin); }

static const attr_t scope_bold = A_BOLD, scope_dim = A_DIM, scope_underline = A_UNDERLINE, scope_reverse = A_REVERSE, scope_italic = A_ITALIC;

/// Puts one cell; `text` has at most five code points, the first of them spacing.
static inline int scope_put(WINDOW *_Nonnull window, int row, int column, const wchar_t *_Nonnull text, attr_t attributes, int pair) {
  cchar_t cell;
  if (setcchar(&cell, text, attributes, (short)(pair & 0x7fff), &pair) == ERR) return ERR;
  return mvwadd_wch(window, row, column, &cell);
}
static inline int scope_read(WINDOW *_Nonnull window, unsigned int *_Nonnull code) {
  wint_t value = 0;
  int kind = wget_wch(window, &value);
  *code = value;
  return kind;
}
static inline int scope_width(wchar_t character) { return wcwidth(character); }
static inline int scope_is_utf8(void) { return strcmp(nl_langinfo(CODESET), "UTF-8") == 0; }

// Signals and the crash path. Everything here that runs inside a handler is async-signal-safe.
struct scope_signal_state {
  volatile sig_atomic_t pending, stop_asked, size_changed;
  int wake_descriptor;
  int terminal;
  int armed;
  struct termios saved;
  char reset[256];
  size_t reset_count;
  struct sigaction previous[NSIG];
};
// A static inside a function: the Swift importer does not emit a variable of the header itself.
static inline struct scope_signal_state *_Nonnull scope_signals(void) {
  static struct scope_signal_state state;
  return &state;
}

static inline void scope_restore_terminal_raw(void) {
  if (!scope_signals()->armed) return;
  size_t done = 0;
  while (done < scope_signals()->reset_count) {
    ssize_t written = write(scope_signals()->terminal, scope_signals()->reset + done, scope_signals()->reset_count - done);
    if (written <= 0) break;
    done += (size_t)written;
  }
  tcsetattr(scope_signals()->terminal, TCSANOW, &scope_signals()->saved);
}
static inline void scope_on_signal(int number) {
  int error = errno;
  char byte = 's';
  if (number == SIGTSTP) scope_signals()->stop_asked = 1;
  else if (number == SIGWINCH) scope_signals()->size_changed = 1;
  else scope_signals()->pending = number;
  ssize_t written = write(scope_signals()->wake_descriptor, &byte, 1);
  (void)written;
  errno = error;
}
static inline void scope_on_crash(int number, siginfo_t *_Nullable information, void *_Nullable context) {
  (void)context;
  scope_restore_terminal_raw();
  scope_signals()->armed = 0;
  // A fault happens again on return and meets the previous handler: Swift's report, or a core dump. A signal that somebody sent
  // does not come again by itself.
  sigaction(number, &scope_signals()->previous[number], NULL);
  if (number == SIGABRT || (information && information->si_code <= 0)) raise(number);
}
/// Remembers the line settings; 0 on success.
static inline int scope_save_settings(void) { return tcgetattr(STDIN_FILENO, &scope_signals()->saved); }
static inline void scope_restore_settings(void) { tcsetattr(STDIN_FILENO, TCSADRAIN, &scope_signals()->saved); }
/// Neither echo nor lines, for reading a reply; the settings must have been saved.
static inline int scope_quiet_settings(void) {
  struct termios quiet = scope_signals()->saved;
  quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  return tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
}
static inline void scope_arm(int terminal, int wake_descriptor, const char *_Nonnull reset) {
  scope_signals()->terminal = terminal;
  scope_signals()->wake_descriptor = wake_descriptor;
  strncpy(scope_signals()->reset, reset, sizeof scope_signals()->reset - 1);
  scope_signals()->reset_count = strlen(scope_signals()->reset);
  scope_signals()->armed = 1;
  static const int ends[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGWINCH};
  static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_handler = scope_on_signal;
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) sigaction(ends[i], &action, &scope_signals()->previous[ends[i]]);
  action.sa_sigaction = scope_on_crash;
  action.sa_flags = SA_ONSTACK | SA_NODEFER | SA_SIGINFO;
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigaction(faults[i], &action, &scope_signals()->previous[faults[i]]);
}
static inline void scope_disarm(void) {
  if (!scope_signals()->armed) return;
  scope_signals()->armed = 0;
  static const int all[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGWINCH, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) sigaction(all[i], &scope_signals()->previous[all[i]], NULL);
}
static inline int scope_take_signal(void) { int number = scope_signals()->pending; scope_signals()->pending = 0; return number; }
static inline int scope_take_stop(void) {
  int asked = scope_signals()->stop_asked;
  scope_signals()->stop_asked = 0;
  return asked;
}
static inline int scope_take_resize(void) {
  int changed = scope_signals()->size_changed;
  scope_signals()->size_changed = 0;
  return changed;
}
/// Stops the process like Ctrl-Z and returns after SIGCONT. SIGSTOP, since the kernel drops SIGTSTP for a process without a shell.
static inline void scope_stop_self(void) { kill(getpid(), SIGSTOP); }
static inline int scope_set_nonblocking(int descriptor) {
  int flags = fcntl(descriptor, F_GETFL);
  return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}
static inline int scope_window_size(int descriptor, int *_Nonnull wide, int *_Nonnull high) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return -1;
  *wide = size.ws_col;
  *high = size.ws_row;
  return 0;
}
/// Size of a cell in pixels, for terminals that tell the size of their window.
static inline int scope_cell_pixels(int descriptor, int *_Nonnull wide, int *_Nonnull high) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return -1;
  *wide = size.ws_xpixel / size.ws_col;
  *high = size.ws_ypixel / size.ws_row;
  return 0;
}
/// 1 when the terminal is known, 0 when unknown, -1 when there is no database.
static inline int scope_probe(const char *_Nonnull name, int descriptor) {
  int error = 0;
  if (setupterm(name, descriptor, &error) == ERR) return error == 1 ? 2 : error;
  return 1;
}
static inline int scope_has_string(const char *_Nonnull name) {
  const char *text = tigetstr(name);
  return text != NULL && text != (char *)-1;
}
static inline int scope_number_colors(void) { return tigetnum("colors"); }
static inline void scope_forget_probe(void) {
  if (cur_term) del_curterm(cur_term);
}
