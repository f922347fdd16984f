// libcrypto, opened when it is needed: linked, every program would load it at its start.
#include "lamina/base/detail/crypto.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/base/opened_library.h"

#ifdef LAMINA_CRYPTO
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include <memory>
#endif

namespace lamina::detail {

#ifdef LAMINA_CRYPTO
namespace {

struct Libcrypto {
  decltype(&RAND_bytes) random;
  decltype(&EVP_PBE_scrypt) scrypt;
  decltype(&EVP_CIPHER_CTX_new) create;
  decltype(&EVP_CIPHER_CTX_free) destroy;
  decltype(&EVP_aes_256_gcm) aes_256_gcm;
  decltype(&EVP_EncryptInit_ex) encrypt;
  decltype(&EVP_EncryptUpdate) encrypt_more;
  decltype(&EVP_EncryptFinal_ex) encrypt_end;
  decltype(&EVP_DecryptInit_ex) decrypt;
  decltype(&EVP_DecryptUpdate) decrypt_more;
  decltype(&EVP_DecryptFinal_ex) decrypt_end;
  decltype(&EVP_CIPHER_CTX_ctrl) control;

  static const Libcrypto& library() {
    static const Libcrypto crypto;
    return crypto;
  }

 private:
  Libcrypto() {
    const OpenedLibrary library("libcrypto.so.3", "libssl3", "encrypted files");
    library.find(random, "RAND_bytes");
    library.find(scrypt, "EVP_PBE_scrypt");
    library.find(create, "EVP_CIPHER_CTX_new");
    library.find(destroy, "EVP_CIPHER_CTX_free");
    library.find(aes_256_gcm, "EVP_aes_256_gcm");
    library.find(encrypt, "EVP_EncryptInit_ex");
    library.find(encrypt_more, "EVP_EncryptUpdate");
    library.find(encrypt_end, "EVP_EncryptFinal_ex");
    library.find(decrypt, "EVP_DecryptInit_ex");
    library.find(decrypt_more, "EVP_DecryptUpdate");
    library.find(decrypt_end, "EVP_DecryptFinal_ex");
    library.find(control, "EVP_CIPHER_CTX_ctrl");
  }
};

constexpr int kTag = 16;

void require_crypto(int success, const char* what) {
  if (success != 1) throw Unsupported(std::string("the libcrypto of this machine cannot ") + what);
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>;

CipherContext cipher_context(const Libcrypto& crypto) {
  CipherContext context(crypto.create(), crypto.destroy);
  require_crypto(context ? 1 : 0, "encrypt");
  return context;
}

// libcrypto counts in ints.
constexpr size_t kMostContent = size_t{1} << 30;

}  // namespace

std::string random_bytes(size_t count) {
  std::string bytes(count, '\0');
  require_crypto(Libcrypto::library().random(bytes_of(bytes), static_cast<int>(count)),
                 "draw random numbers");
  return bytes;
}

std::string scrypt(const std::string& passphrase, const std::string& salt, const ScryptCost& cost,
                   size_t size) {
  std::string key(size, '\0');
  const uint64_t n = uint64_t{1} << cost.log_n, memory = 256 * n * static_cast<uint64_t>(cost.r * cost.p);
  require_crypto(
      Libcrypto::library().scrypt(passphrase.data(), passphrase.size(), bytes_of(std::string_view(salt)),
                                  salt.size(), n, static_cast<uint64_t>(cost.r),
                                  static_cast<uint64_t>(cost.p), memory, bytes_of(key), key.size()),
      "compute scrypt");
  return key;
}

std::string aes_gcm_seal(const std::string& key, const std::string& nonce, std::string_view header,
                         std::string_view content) {
  const Libcrypto& crypto = Libcrypto::library();
  if (content.size() > kMostContent) throw InvalidArgument("a sealed file holds up to 1 GiB");
  const CipherContext context = cipher_context(crypto);
  std::string sealed(content.size() + kTag, '\0');
  int length = 0;
  const char* const what = "encrypt by AES-256-GCM";
  require_crypto(crypto.encrypt(context.get(), crypto.aes_256_gcm(), nullptr, bytes_of(std::string_view(key)),
                                bytes_of(std::string_view(nonce))),
                 what);
  require_crypto(
      crypto.encrypt_more(context.get(), nullptr, &length, bytes_of(header), static_cast<int>(header.size())),
      what);
  require_crypto(crypto.encrypt_more(context.get(), bytes_of(sealed), &length, bytes_of(content),
                                     static_cast<int>(content.size())),
                 what);
  require_crypto(crypto.encrypt_end(context.get(), bytes_of(sealed) + content.size(), &length), what);
  require_crypto(crypto.control(context.get(), EVP_CTRL_GCM_GET_TAG, kTag, bytes_of(sealed) + content.size()),
                 what);
  return sealed;
}

bool aes_gcm_open(const std::string& key, const std::string& nonce, std::string_view header,
                  std::string_view sealed, std::string& content) {
  const Libcrypto& crypto = Libcrypto::library();
  if (sealed.size() < kTag || sealed.size() > kMostContent + kTag) return false;
  const CipherContext context = cipher_context(crypto);
  const size_t size = sealed.size() - kTag;
  std::string tag(sealed.substr(size));
  content.assign(size + 1, '\0');  // so that there is a first byte to point to
  int length = 0;
  const char* const what = "decrypt by AES-256-GCM";
  require_crypto(crypto.decrypt(context.get(), crypto.aes_256_gcm(), nullptr, bytes_of(std::string_view(key)),
                                bytes_of(std::string_view(nonce))),
                 what);
  require_crypto(
      crypto.decrypt_more(context.get(), nullptr, &length, bytes_of(header), static_cast<int>(header.size())),
      what);
  require_crypto(crypto.decrypt_more(context.get(), bytes_of(content), &length, bytes_of(sealed),
                                     static_cast<int>(size)),
                 what);
  require_crypto(crypto.control(context.get(), EVP_CTRL_GCM_SET_TAG, kTag, bytes_of(tag)), what);
  const bool right = crypto.decrypt_end(context.get(), bytes_of(content) + size, &length) == 1;
  content.resize(size);
  if (!right) std::fill(content.begin(), content.end(), '\0');
  return right;
}

#else

namespace {
[[noreturn]] void no_crypto() {
  throw Unsupported("this program was built without OpenSSL (libssl-dev), which encrypted files need");
}
}  // namespace

std::string random_bytes(size_t) { no_crypto(); }
std::string scrypt(const std::string&, const std::string&, const ScryptCost&, size_t) { no_crypto(); }
std::string aes_gcm_seal(const std::string&, const std::string&, std::string_view, std::string_view) {
  no_crypto();
}
bool aes_gcm_open(const std::string&, const std::string&, std::string_view, std::string_view, std::string&) {
  no_crypto();
}

#endif

}  // namespace lamina::detail
