// Tar archives as GNU tar and Python write them, damaged ones, and those that mean harm.
#include "lamina/formats/tar.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;

std::string seed(const std::string& name) {
  return read_file(std::string(LAMINA_SOURCE_DIR) + "/tests/fuzz/seeds/tar/" + name);
}

TEST(Tar, HoldsTheFilesThatPythonWrote) {
  for (const std::string name : {"ustar", "gnu_long", "pax_long"}) {
    const TarReader archive(seed(name), name);
    ASSERT_EQ(archive.files().size(), 3u) << name;
    EXPECT_EQ(archive.files().at("a/1.txt"), "one");
    EXPECT_EQ(archive.files().at("b/2.txt").size(), 600u);
    const std::string last = name == "ustar" ? "c" : std::string(120, 'x') + "/" + std::string(130, 'y');
    EXPECT_EQ(archive.files().at(last), "");
  }
}

// Empty blocks at the end may be missing, and what fills up the last block; a file's own bytes may not.
TEST(Tar, EveryTruncatedArchiveIsAnErrorOrHoldsWhatIsWhole) {
  const std::string whole = seed("ustar");
  size_t refused = 0;
  for (size_t size = 0; size < 2560; size += 40) {
    try {
      const TarReader archive(whole.substr(0, size), "cut.tar");
      for (const auto& [path, bytes] : archive.files())
        EXPECT_EQ(bytes, TarReader(whole, "whole.tar").files().at(path)) << size;
    } catch (const FileError& error) {
      EXPECT_NE(std::string(error.what()).find("'cut.tar'"), std::string::npos);
      ++refused;
    }
  }
  EXPECT_GE(refused, 30u);
}

TEST(Tar, RefusesWhatLeadsOutAndWhatIsDamaged) {
  const auto said = [](const std::string& bytes) {
    return message_of<FileError>([&] { TarReader(bytes, "a.tar"); });
  };
  const auto with_sum = [](std::string bytes) {
    unsigned sum = 8 * ' ';
    for (size_t i = 0; i < 512; ++i) sum += i < 148 || i >= 156 ? static_cast<unsigned char>(bytes[i]) : 0;
    char text[9];
    std::snprintf(text, sizeof text, "%06o", sum);
    return bytes.replace(148, 8, std::string(text, 6) + '\0' + ' ');
  };
  std::string out = seed("ustar");
  out.replace(0, 7, "../evil");
  EXPECT_NE(said(with_sum(out)).find("leads out of it"), std::string::npos);
  EXPECT_NE(said(out).find("does not begin as one"), std::string::npos);
  std::string large = seed("ustar");
  large.replace(124, 11, "77777777777");
  EXPECT_NE(said(with_sum(large)).find("ends too early"), std::string::npos);
  large.replace(124, 12, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
  EXPECT_NE(said(with_sum(large)).find("beyond all there is"), std::string::npos);
  std::string sparse = seed("ustar");
  sparse[156] = 'S';
  EXPECT_NE(said(with_sum(sparse)).find("sparse files"), std::string::npos);
  EXPECT_NE(said("text").find("ends too early"), std::string::npos);
  std::string late = seed("ustar");
  late[1024] = 'Z';
  EXPECT_NE(said(late).find("checksum of a file's head"), std::string::npos);
}

}  // namespace
}  // namespace lamina
