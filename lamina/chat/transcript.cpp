// Transcripts: redacted JSON lines.
#include "lamina/chat/transcript.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "lamina/base/detail/errno_text.h"
#include "lamina/base/error.h"
#include "lamina/chat/redaction.h"

namespace lamina {
namespace {

Json redacted(const Json& value) {
  if (value.is_string()) return redact(value.as_string());
  if (value.is_list()) {
    Json list = Json::list();
    for (const Json& element : value.as_list()) list.push_back(redacted(element));
    return list;
  }
  if (value.is_object()) {
    Json object = Json::object();
    for (const auto& [name, member] : value.as_object()) object[name] = redacted(member);
    return object;
  }
  return value;
}

}  // namespace

Transcript::Transcript(const std::string& path, Consent consent) : path_(path) {
  if (consent != Consent::kGiven)
    throw InvalidArgument("Transcript: '" + path +
                          "' is kept only with the consent of those who speak; it was not given");
  // Without O_NONBLOCK a pipe would be waited for.
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600);
  if (descriptor >= 0) file_ = ::fdopen(descriptor, "a");
  if (!file_) throw FileError("'" + path + "' cannot be written: " + detail::errno_text(errno));
  std::string problem;
  struct stat status {};
  char first = '{';
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
    problem = "' is no plain file: a transcript would not be kept in it";
  else if (::pread(descriptor, &first, 1, 0) == 1 && first != '{')
    problem = "' holds something else than a transcript; choose another name";
  else if (::fchmod(descriptor, 0600) != 0)
    problem = "' cannot be kept from others: " + detail::errno_text(errno);
  if (problem.empty()) return;
  std::fclose(std::exchange(file_, nullptr));
  throw FileError("'" + path + problem);
}

Transcript::~Transcript() {
  if (file_) std::fclose(file_);
}

Transcript::Transcript(Transcript&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, nullptr)) {}

Transcript& Transcript::operator=(Transcript&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  return *this;
}

void Transcript::write(const Json& turn) {
  const std::string line = redacted(turn).dump() + "\n";
  if (std::fwrite(line.data(), 1, line.size(), file_) != line.size() || std::fflush(file_) != 0)
    throw FileError("'" + path_ + "' cannot be written: " + detail::errno_text(errno));
}

}  // namespace lamina
