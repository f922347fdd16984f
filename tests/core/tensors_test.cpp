// Tensors: one, several by position, several by name, and what is said of a wrong look-up.
#include "lamina/core/tensors.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;

TEST(Tensors, AreOneOrSeveralByPosition) {
  EXPECT_TRUE(Tensors().empty());
  EXPECT_TRUE(Tensors(Tensor()).empty());
  const Tensors one = Tensor(1.0f);
  EXPECT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].item(), 1.0f);
  const Tensors two = {Tensor(1.0f), Tensor(2.0f)};
  EXPECT_EQ(two[1].item(), 2.0f);
  EXPECT_FALSE(two.named());
}

TEST(Tensors, AreFoundByNameInTheirOrder) {
  const Tensors named = {{"words", Tensor(1.0f)}, {"lengths", Tensor(2.0f)}};
  EXPECT_EQ(named["lengths"].item(), 2.0f);
  EXPECT_EQ(named[0].item(), 1.0f);
  EXPECT_EQ(named.names(), (std::vector<std::string>{"words", "lengths"}));
  EXPECT_EQ(named.find("length"), nullptr);
  const Tensors others = named.with_values({Tensor(3.0f), Tensor(4.0f)});
  EXPECT_EQ(others["words"].item(), 3.0f);
}

TEST(Tensors, SayWhatIsWrongWithALookUp) {
  const Tensors named = {{"words", Tensor(1.0f)}, {"lengths", Tensor(2.0f)}};
  EXPECT_NE(message_of<InvalidArgument>([&] { named["word"]; }).find("did you mean 'words'?"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] { named[2]; }).find("there are 2"), std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] { named[-1]; }).find("count from 0"), std::string::npos);
  const Tensors listed = {Tensor(1.0f)};
  EXPECT_NE(message_of<InvalidArgument>([&] { listed["words"]; }).find("by position"), std::string::npos);
  EXPECT_THROW(named.with_values({Tensor(3.0f)}), InvalidArgument);
}

TEST(Tensors, RefuseNamesThatAreEmptyOrComeTwice) {
  const Tensor x(1.0f);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              Tensors({{"a", x}, {"a", x}});
            }).find("'a' is given to two"),
            std::string::npos);
  EXPECT_THROW(Tensors({{"", x}, {"b", x}}), InvalidArgument);
}

}  // namespace
}  // namespace lamina
