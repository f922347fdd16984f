// A library to preload: it ends the program, as a power cut would, right before its rename number
// LAMINA_KILL_AT, counted from 1. What has a name by then is what the program leaves.
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

extern "C" int rename(const char* from, const char* to) noexcept {
  static int count = 0;
  const char* at = std::getenv("LAMINA_KILL_AT");
  if (at && ++count == std::atoi(at)) ::kill(::getpid(), SIGKILL);
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
