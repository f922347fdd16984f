// The layout of a sealed file: "LMSEALED", version (u32), kind (32 bytes, zeros behind), scrypt's log2 N, r
// and p (u8 each) and a zero, salt (16), check (16), nonce (12), length of the content (u64): all
// little-endian and vouched for by the tag; then the encrypted content and its tag (16). scrypt gives 48
// bytes: the key, and the check, by which a wrong passphrase is told from a changed file.
#include "lamina/base/sealed_file.h"

#include "lamina/base/detail/byte_cursor.h"
#include "lamina/base/detail/crypto.h"
#include "lamina/base/error.h"

namespace lamina {
namespace {

constexpr std::string_view kSealMagic = "LMSEALED";
constexpr uint32_t kSealVersion = 1;
constexpr size_t kKindBytes = 32, kSaltBytes = 16, kKeyBytes = 32, kCheckBytes = 16, kNonceBytes = 12,
                 kTagBytes = 16;
constexpr uint64_t kMostSealed = (uint64_t{1} << 30) + 4096;

std::string little_endian(uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

std::string padded_kind(const std::string& kind) {
  if (kind.empty() || kind.size() > kKindBytes)
    throw InvalidArgument("a sealed file's kind has 1 to 32 characters; got '" + kind + "'");
  return kind + std::string(kKindBytes - kind.size(), '\0');
}

void check_passphrase(const std::string& passphrase) {
  if (passphrase.empty())
    throw InvalidArgument("a sealed file needs a passphrase of at least one byte; got none");
}

// Neither of the two strings tells by the time that it takes where they differ.
bool same_bytes(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

void write_sealed(const std::string& path, std::string_view content, const std::string& kind,
                  const std::string& passphrase, const WriteOptions& options) {
  check_passphrase(passphrase);
  const detail::ScryptCost cost;
  const std::string salt = detail::random_bytes(kSaltBytes), nonce = detail::random_bytes(kNonceBytes),
                    secret = detail::scrypt(passphrase, salt, cost, kKeyBytes + kCheckBytes);
  std::string header(kSealMagic);
  header += little_endian(kSealVersion, 4) + padded_kind(kind);
  for (const int number : {cost.log_n, cost.r, cost.p, 0}) header += static_cast<char>(number);
  header += salt + secret.substr(kKeyBytes) + nonce + little_endian(content.size(), 8);
  write_file(path, header + detail::aes_gcm_seal(secret.substr(0, kKeyBytes), nonce, header, content),
             options);
}

std::string read_sealed(const std::string& path, const std::string& kind, const std::string& passphrase) {
  check_passphrase(passphrase);
  const std::string bytes = read_file(path, kMostSealed);
  if (!bytes.starts_with(kSealMagic)) {
    throw FileError("'" + path + "' is no sealed file" +
                    (kSealMagic.starts_with(bytes)
                         ? std::string(": it is cut off after ") + std::to_string(bytes.size()) + " bytes"
                         : ""));
  }
  detail::ByteCursor cursor(bytes, path);
  cursor.skip(kSealMagic.size());
  const uint32_t version = cursor.u32();
  if (version > kSealVersion) {
    throw FileError("'" + path + "' is sealed in version " + std::to_string(version) +
                    "; this program knows up to " + std::to_string(kSealVersion) +
                    ": open it with a newer one");
  }
  if (version < 1) throw FileError("'" + path + "' is damaged: version 0");
  const std::string_view its_kind = cursor.take(kKindBytes);
  if (its_kind != padded_kind(kind)) {
    throw FileError("'" + path + "' holds '" + std::string(its_kind.substr(0, its_kind.find('\0'))) +
                    "', not '" + kind + "'");
  }
  detail::ScryptCost cost;
  cost.log_n = cursor.u8();
  cost.r = cursor.u8();
  cost.p = cursor.u8();
  cursor.skip(1);
  // A file must not make us take all memory or all time.
  if (cost.log_n < 10 || cost.log_n > 20 || cost.r < 1 || cost.r > 16 || cost.p < 1 || cost.p > 4 ||
      (uint64_t{128} << cost.log_n) * static_cast<uint64_t>(cost.r) > (uint64_t{256} << 20))
    throw FileError("'" + path + "' is damaged: scrypt's numbers are out of range");
  const std::string salt(cursor.take(kSaltBytes)), check(cursor.take(kCheckBytes)),
      nonce(cursor.take(kNonceBytes));
  const uint64_t length = cursor.u64();
  if (length > kMostSealed || cursor.left() != length + kTagBytes) {
    throw FileError("'" + path + "' is truncated or damaged: " + std::to_string(cursor.left()) +
                    " bytes follow where its header says " + std::to_string(length) + " and a tag of 16");
  }
  const std::string_view header(bytes.data(), bytes.size() - cursor.left());
  const std::string secret = detail::scrypt(passphrase, salt, cost, kKeyBytes + kCheckBytes);
  if (!same_bytes(std::string_view(secret).substr(kKeyBytes), check))
    throw FileError("'" + path +
                    "' does not open with this passphrase: it is another one, or the file was changed");
  std::string content;
  if (!detail::aes_gcm_open(secret.substr(0, kKeyBytes), nonce, header, cursor.take(cursor.left()), content))
    throw FileError("'" + path +
                    "' was changed since it was written: its passphrase is right, its content is not");
  return content;
}

}  // namespace lamina
