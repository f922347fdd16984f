// Downloads over libcurl. It brings thirty libraries along, which every command would load at its start if
// the program were linked to it: so it is opened when it is needed.
#include "download.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#include "lamina/base/error.h"
#include "lamina/base/opened_library.h"
#include "lamina/base/version.h"
#include "sha256.h"

#ifdef LAMINA_DOWNLOADS
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#endif

namespace lamina::cli {

#ifdef LAMINA_DOWNLOADS
namespace {

namespace fs = std::filesystem;

struct Curl {
  decltype(&curl_easy_init) init;
  decltype(&curl_easy_cleanup) cleanup;
  decltype(&curl_easy_setopt) set;
  decltype(&curl_easy_perform) perform;
  decltype(&curl_easy_getinfo) info;
  decltype(&curl_easy_strerror) text;

  static const Curl& library() {
    static const Curl curl;
    return curl;
  }

 private:
  Curl() {
    const OpenedLibrary library("libcurl.so.4", "libcurl4", "downloads");
    library.find(init, "curl_easy_init");
    library.find(cleanup, "curl_easy_cleanup");
    library.find(set, "curl_easy_setopt");
    library.find(perform, "curl_easy_perform");
    library.find(info, "curl_easy_getinfo");
    library.find(text, "curl_easy_strerror");
  }
};

// One request, and the part that it adds to.
class Request {
 public:
  Request(const Download& what, const std::atomic<bool>& stop, const DownloadProgress& progress)
      : what_(what), part_(what.path + ".part"), stop_(stop), progress_(progress), curl_(Curl::library()) {}

  /// False where the server says that the part is longer than the file.
  bool run() {
    open();
    std::unique_ptr<CURL, void (*)(CURL*)> handle(curl_.init(), curl_.cleanup);
    if (!handle) throw Unsupported("libcurl cannot be started");
    handle_ = handle.get();
    options();
    const CURLcode result = curl_.perform(handle_);
    long status = 0;
    curl_.info(handle_, CURLINFO_RESPONSE_CODE, &status);
    const bool written = std::fclose(file_.release()) == 0 && !full_;
    std::error_code ignored;
    if (fs::file_size(part_, ignored) == 0) fs::remove(part_, ignored);
    if (stop_)
      throw Error(fmt::format("interrupted; what has come of '{}' is kept, and the same command goes on",
                              what_.path));
    if (!written) throw FileError("cannot write '" + part_ + "': the disk may be full");
    if (status == 416) return false;
    if (status >= 400)
      throw FileError(fmt::format("'{}': the server answers {}{}", what_.url, status, hint(status)));
    if (odd_range_)
      throw FileError("'" + what_.url +
                      "': the server sends another range than it was asked for; to begin anew, remove '" +
                      part_ + "'");
    if (result != CURLE_OK) {
      const std::string kept =
          done_ == 0 ? ""
                     : fmt::format("; {} bytes are there{}", done_,
                                   what_.sha256.empty() ? "" : ", and the same command goes on from there");
      throw FileError(fmt::format("'{}': {}{}{}", what_.url, *message_ ? message_ : curl_.text(result), kept,
                                  unreachable(result)
                                      ? "; on a machine without a network, fetch this address on another "
                                        "one and put the file at '" +
                                            what_.path + "'"
                                      : ""));
    }
    return true;
  }

 private:
  static const char* hint(long status) {
    return status == 404                    ? " (not found): is the address right?"
           : status == 401 || status == 403 ? " (refused)"
                                            : "";
  }

  static bool unreachable(CURLcode result) {
    return result == CURLE_COULDNT_RESOLVE_PROXY || result == CURLE_COULDNT_RESOLVE_HOST ||
           result == CURLE_COULDNT_CONNECT;
  }

  void open() {
    std::error_code ignored;
    if (fs::is_symlink(part_, ignored))  // it may lead anywhere
      throw FileError("'" + part_ + "' is a link, and downloads are not written through links: move it away");
    const auto size = fs::file_size(part_, ignored);
    offset_ =
        ignored || what_.sha256.empty() ? 0 : size;  // without a checksum it may be part of another file
    done_ = offset_;
    file_.reset(std::fopen(part_.c_str(), offset_ > 0 ? "ab" : "wb"));
    if (!file_) throw FileError("cannot write '" + part_ + "'");
  }

  template <class T>
  void set(CURLoption option, T value) {
    if (curl_.set(handle_, option, value) != CURLE_OK)
      throw Unsupported(
          fmt::format("the libcurl of this machine does not know option {}", static_cast<int>(option)));
  }

  void options() {
    const bool secure = what_.url.starts_with("https:");
    range_ = std::to_string(offset_) + "-";
    agent_ = std::string("lamina/") + version();
    set(CURLOPT_URL, what_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, 10L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, 30L);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, 60L);
    set(CURLOPT_USERAGENT, agent_.c_str());
    set(CURLOPT_ERRORBUFFER, message_);
    if (offset_ > 0) set(CURLOPT_RANGE, range_.c_str());
    set(CURLOPT_HEADERFUNCTION, &Request::header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Request::write);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &Request::look);
    set(CURLOPT_XFERINFODATA, this);
  }

  static size_t header(const char* text, size_t size, size_t count, void* self) {
    std::string line(text, size * count);
    for (char& c : line) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (line.starts_with("content-range: bytes "))
      static_cast<Request*>(self)->begin_ = std::strtoull(line.c_str() + 21, nullptr, 10);
    return size * count;
  }

  static size_t write(const char* bytes, size_t size, size_t count, void* self) {
    auto& request = *static_cast<Request*>(self);
    const size_t length = size * count;
    long status = 0;
    request.curl_.info(request.handle_, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 400) return length;  // the page that says so
    if (!request.begun_ && !request.begin(status)) return 0;
    request.full_ = std::fwrite(bytes, 1, length, request.file_.get()) != length;
    request.done_ += length;
    return request.full_ ? 0 : length;
  }

  // Whether the bytes that come now belong to the part's end; a server without ranges sends all from the
  // start.
  bool begin(long status) {
    begun_ = true;
    if (offset_ > 0 && status != 206) {
      file_.reset(std::fopen(part_.c_str(), "wb"));
      offset_ = done_ = 0;
      full_ = !file_;
      return !full_;
    }
    odd_range_ = offset_ > 0 && begin_ != offset_;
    return !odd_range_;
  }

  static int look(void* self, curl_off_t all, curl_off_t, curl_off_t, curl_off_t) {
    const auto& request = *static_cast<Request*>(self);
    if (request.begun_ && request.progress_)
      request.progress_(request.done_, all > 0 ? request.offset_ + static_cast<uint64_t>(all) : 0);
    return request.stop_ ? 1 : 0;
  }

  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  const Download& what_;
  const std::string part_;
  const std::atomic<bool>& stop_;
  const DownloadProgress& progress_;
  const Curl& curl_;
  CURL* handle_ = nullptr;
  std::unique_ptr<std::FILE, Close> file_;
  std::string range_, agent_;
  char message_[CURL_ERROR_SIZE] = {};
  uint64_t offset_ = 0, done_ = 0, begin_ = 0;
  bool begun_ = false, full_ = false, odd_range_ = false;
};

}  // namespace

std::string download(const Download& what, const std::atomic<bool>& stop, const DownloadProgress& progress) {
  if (!what.url.starts_with("http://") && !what.url.starts_with("https://"))
    throw InvalidArgument("'" + what.url +
                          "' is no address that can be fetched; expected http:// or https://");
  const auto different = [&](const std::string& path, const std::string& sum) {
    return fmt::format("'{}' has the SHA-256 {}; expected {}", path, sum, what.sha256);
  };
  if (fs::exists(what.path)) {
    if (what.sha256.empty())
      throw FileError("'" + what.path + "' is there already; move it away, or name its --sha256");
    const std::string sum = sha256_of_file(what.path);
    if (sum == what.sha256) return sum;
    throw FileError(different(what.path, sum) + ". It is not replaced: move it away");
  }
  const std::string part = what.path + ".part";
  std::error_code error;
  // A part that is longer than the file is a part of another one; one as long is looked at below.
  if (!Request(what, stop, progress).run() && (what.sha256.empty() || sha256_of_file(part) != what.sha256)) {
    fs::remove(part, error);
    if (!Request(what, stop, progress).run()) throw FileError("'" + what.url + "': the server answers 416");
  }
  if (!fs::exists(part)) std::fclose(std::fopen(part.c_str(), "wb"));  // an empty file
  const std::string sum = sha256_of_file(part);
  if (!what.sha256.empty() && sum != what.sha256) {
    fs::remove(part, error);
    throw FileError(different(what.url, sum) + ". Nothing is kept");
  }
  fs::rename(part, what.path, error);
  if (error) throw FileError("cannot rename '" + part + "': " + error.message());
  return sum;
}

#else

std::string download(const Download&, const std::atomic<bool>&, const DownloadProgress&) {
  throw Unsupported(
      "this program was built without libcurl and OpenSSL (libcurl4-openssl-dev, libssl-dev), which "
      "downloads need");
}

#endif

}  // namespace lamina::cli
