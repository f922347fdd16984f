// HDF5 images: round trips, files that h5py wrote, and everything that a hostile file may try.
#include "lamina/formats/detail/hdf5.h"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina::detail {
namespace {

using test::message_of;
using test::TemporaryFolder;

Hdf5Tree example() {
  Hdf5Tree tree;
  tree.groups["vars"] = "sequential";
  tree.groups["layers/dense/vars"] = "dense_7";
  tree.arrays["layers/dense/vars/0"] = Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  tree.arrays["layers/dense/vars/1"] = Tensor::from<float>({-1, 0.5f, 3});
  tree.arrays["optimizer/vars/0"] = Tensor::from<int64_t>({42}, {});
  return tree;
}

// An HDF5 file that `fill` makes with the C API.
std::string file_of(const std::function<void(hid_t)>& fill) {
  TemporaryFolder folder;
  const std::string path = folder / "a.h5";
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  fill(file);
  H5Fclose(file);
  return read_file(path);
}

std::string refusal(const std::string& bytes) {
  return message_of<FileError>([&] { read_hdf5(bytes, "hostile.h5"); });
}

TEST(Hdf5, RoundTripsGroupsAndArrays) {
  const std::string bytes = write_hdf5(example());
  EXPECT_EQ(write_hdf5(example()), bytes);
  ASSERT_TRUE(is_hdf5(bytes));
  const Hdf5Tree tree = read_hdf5(bytes, "a.h5");
  ASSERT_EQ(tree.arrays.size(), 3u);
  EXPECT_EQ(tree.arrays.at("layers/dense/vars/0").shape(), (Shape{2, 3}));
  EXPECT_EQ(tree.arrays.at("layers/dense/vars/0").to_vector<float>(), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(tree.arrays.at("optimizer/vars/0").dtype(), DType::kInt64);
  EXPECT_EQ(tree.arrays.at("optimizer/vars/0").item<int64_t>(), 42);
  EXPECT_TRUE(tree.groups.contains("layers/dense/vars"));
  EXPECT_TRUE(tree.groups.contains("vars"));
}

TEST(Hdf5, RoundTripsEveryElementType) {
  Hdf5Tree tree;
  for (const DType dtype :
       {DType::kBool, DType::kInt8, DType::kInt16, DType::kInt32, DType::kInt64, DType::kUInt8,
        DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kFloat64}) {
    dispatch(dtype, [&](auto zero) {
      using T = decltype(zero);
      const T values[] = {T(0.0f), T(1.0f), T(1.0f)};
      tree.arrays[std::string("types/") + name(dtype)] = Tensor::from_bytes(values, 3, dtype, {3, 1});
    });
  }
  tree.arrays["empty"] = Tensor::from<float>({}, {0, 5});
  const Hdf5Tree back = read_hdf5(write_hdf5(tree), "t.h5");
  ASSERT_EQ(back.arrays.size(), tree.arrays.size());
  EXPECT_TRUE(back.skipped.empty());
  for (const auto& [path, tensor] : tree.arrays) {
    EXPECT_EQ(back.arrays.at(path).type(), tensor.type()) << path;
    EXPECT_EQ(back.arrays.at(path).to_vector<double>(), tensor.to_vector<double>()) << path;
  }
}

// A file that the HDF5 library opens from memory.
class LibraryFile {
 public:
  explicit LibraryFile(const std::string& bytes) {
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, 1 << 16, 0);
    H5Pset_file_image(access, const_cast<char*>(bytes.data()), bytes.size());
    id_ = H5Fopen("memory.h5", H5F_ACC_RDONLY, access);
    H5Pclose(access);
  }
  ~LibraryFile() { H5Fclose(id_); }
  LibraryFile(const LibraryFile&) = delete;
  LibraryFile& operator=(const LibraryFile&) = delete;
  hid_t id() const { return id_; }

  std::vector<double> read(const std::string& path) const {
    const hid_t set = H5Dopen2(id_, path.c_str(), H5P_DEFAULT);
    const hid_t space = H5Dget_space(set);
    std::vector<double> values(static_cast<size_t>(H5Sget_simple_extent_npoints(space)));
    EXPECT_GE(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0) << path;
    H5Sclose(space);
    H5Dclose(set);
    return values;
  }
  // The attribute `attribute` of the object at `path`.
  std::string text(const std::string& path, const char* attribute) const {
    const hid_t id = H5Aopen_by_name(id_, path.c_str(), attribute, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t type = H5Aget_type(id);
    EXPECT_GT(H5Tis_variable_str(type), 0);
    EXPECT_EQ(H5Tget_cset(type), H5T_CSET_UTF8);
    char* text = nullptr;
    EXPECT_GE(H5Aread(id, type, &text), 0);
    const std::string result = text ? text : "";
    H5free_memory(text);
    H5Tclose(type);
    H5Aclose(id);
    return result;
  }

 private:
  hid_t id_;
};

TEST(Hdf5, WritesWhatTheLibraryReads) {
  Hdf5Tree tree = example();
  tree.groups["vars"] = "s\xc3\xa9quentiel";
  tree.arrays["half"] = Tensor::from<Float16>({Float16(1.5f), Float16(-2)}, {2});
  tree.arrays["double"] = Tensor::from<double>({1e300, -0.0});
  tree.arrays["int8"] = Tensor::from<int8_t>({-128, 127});
  tree.arrays["uint8"] = Tensor::from<uint8_t>({0, 255});
  tree.arrays["bfloat16"] = Tensor::from<BFloat16>({BFloat16(1)}, {1});
  tree.arrays["empty"] = Tensor::from<float>({}, {0, 3});
  const std::string bytes = write_hdf5(tree);
  const LibraryFile file(bytes);
  ASSERT_GE(file.id(), 0);
  EXPECT_EQ(file.read("layers/dense/vars/0"), (std::vector<double>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(file.read("layers/dense/vars/1"), (std::vector<double>{-1, 0.5, 3}));
  EXPECT_EQ(file.read("optimizer/vars/0"), (std::vector<double>{42}));
  EXPECT_EQ(file.read("half"), (std::vector<double>{1.5, -2}));
  EXPECT_EQ(file.read("double"), (std::vector<double>{1e300, -0.0}));
  EXPECT_EQ(file.read("int8"), (std::vector<double>{-128, 127}));
  EXPECT_EQ(file.read("uint8"), (std::vector<double>{0, 255}));
  EXPECT_TRUE(file.read("empty").empty());
  EXPECT_EQ(file.text("layers/dense/vars", "name"), "dense_7");
  EXPECT_EQ(file.text("vars", "name"), "s\xc3\xa9quentiel");
  EXPECT_EQ(file.text("bfloat16", "dtype"), "bfloat16");
}

TEST(Hdf5, WritesGroupsOfManyMembers) {
  for (const int count : {0, 8, 9, 256, 257, 3000, 9000}) {  // 9000: three levels of nodes
    Hdf5Tree tree;
    tree.groups["many"] = "";
    for (int i = 0; i < count; ++i) {
      tree.arrays["many/" + std::to_string(i)] = Tensor::from<int32_t>({i});
      if (i % 10 == 0) tree.groups["named/" + std::to_string(i)] = "group number " + std::to_string(i);
    }
    const std::string bytes = write_hdf5(tree);
    EXPECT_EQ(read_hdf5(bytes, "m").arrays.size(), static_cast<size_t>(count));
    const LibraryFile file(bytes);
    ASSERT_GE(file.id(), 0) << count;
    for (int i = 0; i < count; i += 7) {
      ASSERT_EQ(file.read("many/" + std::to_string(i)), (std::vector<double>{static_cast<double>(i)}));
    }
    for (int i = 0; i < count; i += 10) {
      ASSERT_EQ(file.text("named/" + std::to_string(i), "name"), "group number " + std::to_string(i));
    }
  }
}

// One large group made the nodes of all others as large.
TEST(Hdf5, WritesManyGroupsInLinearSize) {
  const auto size = [](int count) {
    Hdf5Tree tree;
    for (int i = 0; i < count; ++i) tree.groups["layers/" + std::to_string(i) + "/vars"] = "";
    return write_hdf5(tree).size();
  };
  EXPECT_LT(size(8000), 9 * size(1000));
}

TEST(Hdf5, SkipsTextAndSaysSo) {
  const std::string bytes = file_of([](hid_t file) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, 8);
    const hid_t space = H5Screate(H5S_SCALAR);
    H5Dclose(H5Dcreate2(file, "words", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Dclose(H5Dcreate2(file, "big", H5T_STD_U64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
    H5Tclose(type);
  });
  const Hdf5Tree tree = read_hdf5(bytes, "w.h5");
  EXPECT_TRUE(tree.arrays.empty());
  EXPECT_EQ(tree.skipped.at("words"), "text");
  EXPECT_EQ(tree.skipped.at("big"), "unsigned integers of 8 bytes");
}

TEST(Hdf5, RefusesLinksCyclesAndForeignStorage) {
  EXPECT_NE(refusal(file_of([](hid_t file) {
              H5Lcreate_soft("/target", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
            })).find("soft': soft links"),
            std::string::npos);
  EXPECT_NE(refusal(file_of([](hid_t file) {
              H5Lcreate_external("/etc/passwd", "/", file, "outside", H5P_DEFAULT, H5P_DEFAULT);
            })).find("external links"),
            std::string::npos);
  EXPECT_NE(refusal(file_of([](hid_t file) {
              const hid_t group = H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
              H5Lcreate_hard(file, "/", group, "up", H5P_DEFAULT, H5P_DEFAULT);
              H5Gclose(group);
            })).find("g/up': the object has two paths"),
            std::string::npos);
  const std::string external = file_of([](hid_t file) {
    const hsize_t size = 16;
    const hid_t space = H5Screate_simple(1, &size, nullptr);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(creation, "/etc/passwd", 0, 16);
    H5Dclose(H5Dcreate2(file, "d", H5T_STD_U8LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    H5Pclose(creation);
    H5Sclose(space);
  });
  EXPECT_NE(refusal(external).find("external storage"), std::string::npos);
  const std::string virtual_set = file_of([](hid_t file) {
    const hsize_t size = 16;
    const hid_t space = H5Screate_simple(1, &size, nullptr);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_virtual(creation, space, "/tmp/other.h5", "d", space);
    H5Dclose(H5Dcreate2(file, "d", H5T_STD_U8LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    H5Pclose(creation);
    H5Sclose(space);
  });
  EXPECT_NE(refusal(virtual_set).find("virtual datasets"), std::string::npos);
}

TEST(Hdf5, RefusesShapesBeyondWhatIsStored) {
  const std::string good = write_hdf5(example());
  // The dataspace message of layers/dense/vars/0: version 1, rank 2, extents 2 and 3.
  std::string extents(16, '\0');
  extents[0] = 2;
  extents[8] = 3;
  const size_t at = good.find(extents);
  ASSERT_NE(at, std::string::npos);
  std::string huge = good;
  huge[at + 4] = 1;  // 2^32 + 2 rows
  const std::string message = refusal(huge);
  EXPECT_NE(message.find("layers/dense/vars/0"), std::string::npos) << message;
  EXPECT_NE(message.find("float32(4294967298, 3) claims 51539607576 bytes and stores 24"), std::string::npos)
      << message;
  huge[at + 7] = 127;
  EXPECT_NE(refusal(huge).find("too large for any memory"), std::string::npos);
}

TEST(Hdf5, NeedsNoMemoryForWhatIsNotStored) {
  // A terabyte that is nothing but a fill value, and an array that was never written.
  const std::string bytes = file_of([](hid_t file) {
    const hsize_t dims[] = {1 << 20, 1 << 20};
    const hsize_t chunk[] = {1024, 1024};
    const hid_t space = H5Screate_simple(2, dims, nullptr);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 2, chunk);
    H5Dclose(H5Dcreate2(file, "chunks", H5T_STD_U8LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    H5Pclose(creation);
    H5Sclose(space);
  });
  EXPECT_NE(refusal(bytes).find("beyond the limit of 268435456 bytes"), std::string::npos);
  const std::string unwritten = file_of([](hid_t file) {
    const hsize_t size = 1 << 30;
    const hid_t space = H5Screate_simple(1, &size, nullptr);
    H5Dclose(H5Dcreate2(file, "d", H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
  });
  const std::string message = refusal(unwritten);
  EXPECT_NE(message.find("beyond the limit of 268435456 bytes"), std::string::npos) << message;
}

TEST(Hdf5, SurvivesDamageSilently) {
  const std::string good = write_hdf5(example());
  testing::internal::CaptureStderr();
  EXPECT_NE(refusal("not HDF5").find("does not start as one"), std::string::npos);
  EXPECT_NE(refusal(good.substr(0, 8)).find("damaged or truncated"), std::string::npos);
  size_t refused = 0, cases = 0;
  for (size_t length = 0; length < good.size(); length += 97, ++cases) {
    try {
      read_hdf5(std::string_view(good).substr(0, length), "t");
    } catch (const FileError&) {
      ++refused;
    }
  }
  EXPECT_EQ(refused, cases);
  EXPECT_NE(refusal(good.substr(0, good.size() - 1)).find("truncated"), std::string::npos);
  // Any byte may be wrong; what counts is that nothing but a FileError comes of it.
  for (size_t at = 0; at < good.size(); at += 3) {
    std::string damaged = good;
    damaged[at] ^= 0x5a;
    try {
      read_hdf5(damaged, "d");
    } catch (const FileError&) {
    }
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

// ---- Every layout, as h5py writes it (tools/golden/hdf5_layouts.py) ----

const test::Golden& layouts() {
  static const test::Golden golden("formats/hdf5_layouts");
  return golden;
}

std::string bytes_of(const test::Golden& golden, const std::string& key) {
  const std::vector<uint8_t> bytes = golden.at(key).to_vector<uint8_t>();
  return {bytes.begin(), bytes.end()};
}

std::vector<std::string> layout_names() {
  std::vector<std::string> names;
  for (const Json& name : test::Golden("formats/hdf5_layouts").json("names").as_list())
    names.push_back(name.as_string());
  return names;
}

class Hdf5Layouts : public ::testing::TestWithParam<std::string> {
 protected:
  std::string bytes() const { return bytes_of(layouts(), GetParam() + "_file"); }
};

TEST_P(Hdf5Layouts, GoldenArraysComeOut) {
  const Hdf5Tree tree = read_hdf5(bytes(), "layout.h5");
  EXPECT_TRUE(tree.skipped.empty());
  ASSERT_EQ(tree.arrays.size(), 9u);
  for (const auto& [path, tensor] : tree.arrays) {
    std::string key = path;
    std::replace(key.begin(), key.end(), '/', '.');
    const std::string own = GetParam() + "_array_" + key;  // where what is stored is less exact
    const Tensor& expected = layouts().at(layouts().contains(own) ? own : "array_" + key);
    EXPECT_EQ(tensor.type(), expected.type()) << path;
    EXPECT_EQ(tensor.to_vector<double>(), expected.to_vector<double>()) << path;
  }
  EXPECT_EQ(tree.groups.contains("layers/layer_with_a_long_name_299"), GetParam() == "latest_many");
}

TEST_P(Hdf5Layouts, DamageIsAnErrorOrHasNoEffect) {
  const std::string whole = bytes();
  for (size_t at = 0; at < whole.size(); at += 1 + whole.size() / 400) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
    try {
      read_hdf5(damaged, "damaged.h5");
    } catch (const FileError& error) {
      EXPECT_NE(std::string(error.what()).find("damaged.h5"), std::string::npos) << error.what();
    }
    EXPECT_THROW(read_hdf5(whole.substr(0, at), "cut.h5"), FileError) << at;
  }
}

INSTANTIATE_TEST_SUITE_P(H5py, Hdf5Layouts, ::testing::ValuesIn(layout_names()), test::CaseName());

// The newer layout has checksums over all that is no array: a changed bit there never passes.
TEST(Hdf5, ChecksumsOfTheNewerLayoutAreLookedAt) {
  const std::string whole = bytes_of(layouts(), "latest_many_file");
  for (const char* part : {"OHDR", "FRHP", "FHDB", "BTHD", "BTLF"}) {
    bool refused = false;  // some of them belong to attributes, which are not read
    for (size_t at = whole.find(part); at != std::string::npos && !refused; at = whole.find(part, at + 1)) {
      std::string damaged = whole;
      damaged[at + 13] = static_cast<char>(damaged[at + 13] ^ 4);
      try {
        read_hdf5(damaged, "damaged.h5");
      } catch (const FileError&) {
        refused = true;
      }
    }
    EXPECT_TRUE(refused) << part;
  }
}

// A dataset of doubles with those creation properties, with values 0, 1, 2, ... unless it stays unwritten.
std::string chunked(const std::vector<hsize_t>& extents, const std::vector<hsize_t>& chunk,
                    const std::function<void(hid_t)>& set, bool latest = true, bool write = true) {
  TemporaryFolder folder;
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (latest) H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  const hid_t file = H5Fcreate((folder / "a.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  const hid_t space = H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr);
  const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(create, static_cast<int>(chunk.size()), chunk.data());
  set(create);
  const hid_t data = H5Dcreate2(file, "x", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, create, H5P_DEFAULT);
  hsize_t count = 1;
  for (const hsize_t extent : extents) count *= extent;
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 0.0);
  if (write) H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  for (const hid_t id : {data}) H5Dclose(id);
  H5Pclose(create);
  H5Sclose(space);
  H5Fclose(file);
  H5Pclose(access);
  return read_file(folder / "a.h5");
}

void expect_counting(const std::string& bytes, size_t count) {
  const Hdf5Tree tree = read_hdf5(bytes, "a.h5");
  std::vector<double> expected(count);
  std::iota(expected.begin(), expected.end(), 0.0);
  ASSERT_TRUE(tree.arrays.contains("x")) << (tree.skipped.empty() ? "" : tree.skipped.begin()->second);
  EXPECT_EQ(tree.arrays.at("x").to_vector<double>(), expected);
}

TEST(Hdf5, ReadsChunksByEveryIndex) {
  const auto nothing = [](hid_t) {};
  const auto early = [](hid_t create) { H5Pset_alloc_time(create, H5D_ALLOC_TIME_EARLY); };
  const auto gzip = [](hid_t create) { H5Pset_deflate(create, 6); };
  const auto whole_edges = [](hid_t create) {
    H5Pset_deflate(create, 6);
    H5Pset_chunk_opts(create, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS);
  };
  for (const bool latest : {false, true}) {
    expect_counting(chunked({7, 9}, {7, 9}, nothing, latest), 63);  // one chunk
    expect_counting(chunked({7, 9}, {7, 9}, gzip, latest), 63);
    expect_counting(chunked({7, 9}, {2, 4}, early, latest), 63);   // implicit
    expect_counting(chunked({7, 9}, {2, 4}, gzip, latest), 63);    // fixed array
    expect_counting(chunked({5000}, {1}, nothing, latest), 5000);  // in pages
    expect_counting(chunked({2500, 2}, {1, 2}, gzip, latest), 5000);
    expect_counting(chunked({5, 6, 7}, {2, 4, 3}, whole_edges, latest), 210);
  }
}

TEST(Hdf5, ElementsNeverWrittenHaveTheFillValue) {
  const double seven = 7;
  const auto fill = [&](hid_t create) { H5Pset_fill_value(create, H5T_NATIVE_DOUBLE, &seven); };
  for (const bool latest : {false, true}) {
    const Hdf5Tree tree = read_hdf5(chunked({6}, {2}, fill, latest, false), "a.h5");
    EXPECT_EQ(tree.arrays.at("x").to_vector<double>(), std::vector<double>(6, 7)) << latest;
    const Hdf5Tree zeros = read_hdf5(chunked(
                                         {6}, {2}, [](hid_t) {}, latest, false),
                                     "a.h5");
    EXPECT_EQ(zeros.arrays.at("x").to_vector<double>(), std::vector<double>(6, 0)) << latest;
  }
}

TEST(Hdf5, ArraysNeverWrittenHaveTheFillValue) {
  const float half = 0.5f;
  for (const bool filled : {false, true}) {
    const std::string bytes = file_of([&](hid_t file) {
      const hsize_t size = 5;
      const hid_t space = H5Screate_simple(1, &size, nullptr);
      const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
      if (filled) H5Pset_fill_value(create, H5T_NATIVE_FLOAT, &half);
      H5Dclose(H5Dcreate2(file, "x", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, create, H5P_DEFAULT));
      H5Pclose(create);
      H5Sclose(space);
    });
    EXPECT_EQ(read_hdf5(bytes, "a.h5").arrays.at("x").to_vector<float>(),
              std::vector<float>(5, filled ? half : 0.0f));
  }
}

TEST(Hdf5, FiltersThatAreNotKnownAreNamed) {
  const std::string bytes =
      chunked({64}, {32}, [](hid_t create) { H5Pset_filter(create, 300, H5Z_FLAG_OPTIONAL, 0, nullptr); });
  EXPECT_EQ(read_hdf5(bytes, "a.h5").skipped.at("x"), "compressed with the filter number 300");
}

// 100 KB that say they are gigabytes of zeros: refused by the limit, in time and memory for what it allows.
TEST(Hdf5, InflatesNoFurtherThanItsLimit) {
  const std::string bytes = chunked(
      {400, 1 << 20}, {1, 1 << 20}, [](hid_t create) { H5Pset_deflate(create, 9); }, true, false);
  EXPECT_NE(refusal(bytes).find("beyond the limit of 268435456 bytes"), std::string::npos);
}

}  // namespace
}  // namespace lamina::detail
