// SHA-256 by OpenSSL's libcrypto.
#include "sha256.h"

#include "lamina/base/error.h"
#include "lamina/base/opened_library.h"

#ifdef LAMINA_DOWNLOADS
#include <openssl/evp.h>

#include <cstdio>
#include <memory>
#include <vector>

#endif

namespace lamina::cli {

#ifdef LAMINA_DOWNLOADS
namespace {

struct Crypto {
  decltype(&EVP_MD_CTX_new) create;
  decltype(&EVP_MD_CTX_free) destroy;
  decltype(&EVP_sha256) sha256;
  decltype(&EVP_DigestInit_ex) begin;
  decltype(&EVP_DigestUpdate) add;
  decltype(&EVP_DigestFinal_ex) finish;

  static const Crypto& library() {
    static const Crypto crypto;
    return crypto;
  }

 private:
  Crypto() {
    const OpenedLibrary library("libcrypto.so.3", "libssl3", "downloads");
    library.find(create, "EVP_MD_CTX_new");
    library.find(destroy, "EVP_MD_CTX_free");
    library.find(sha256, "EVP_sha256");
    library.find(begin, "EVP_DigestInit_ex");
    library.find(add, "EVP_DigestUpdate");
    library.find(finish, "EVP_DigestFinal_ex");
  }
};

void require(int success) {
  if (success != 1) throw Unsupported("the libcrypto of this machine computes no SHA-256");
}

}  // namespace

std::string sha256_of_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) throw FileError("cannot read '" + path + "'");
  const Crypto& crypto = Crypto::library();
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(crypto.create(), crypto.destroy);
  require(context ? crypto.begin(context.get(), crypto.sha256(), nullptr) : 0);
  std::vector<unsigned char> bytes(1 << 16);
  while (const size_t count = std::fread(bytes.data(), 1, bytes.size(), file.get()))
    require(crypto.add(context.get(), bytes.data(), count));
  if (std::ferror(file.get())) throw FileError("cannot read all of '" + path + "'");
  unsigned length = 0;
  unsigned char sum[EVP_MAX_MD_SIZE];
  require(crypto.finish(context.get(), sum, &length));
  std::string text;
  for (unsigned i = 0; i < length; ++i) {
    text += "0123456789abcdef"[sum[i] >> 4];
    text += "0123456789abcdef"[sum[i] & 15];
  }
  return text;
}

#else

std::string sha256_of_file(const std::string&) {
  throw Unsupported("this program was built without OpenSSL (libssl-dev), which checksums need");
}

#endif

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace lamina::cli
