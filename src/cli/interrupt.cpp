// The flag is the one mutable global of the program: a signal handler can reach nothing else.
#include "cli/interrupt.h"

#include <csignal>

namespace burnish::cli {
namespace {

volatile std::sig_atomic_t noted = 0;

void note(int) { noted = 1; }

}  // namespace

void note_interrupts() {
  struct sigaction action{};
  action.sa_handler = note;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
}

bool interrupted() { return noted != 0; }

}  // namespace burnish::cli
