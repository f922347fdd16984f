// The pickles of NpzIOStore: a stack machine of some twenty instructions, whose only objects are arrays.
#include "lamina/formats/keras/npz_weights.h"

#include <cctype>
#include <deque>
#include <utility>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/formats/detail/wire.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/npy.h"

namespace lamina::detail {
namespace {

struct Value;
using ValuePtr = Value*;  // into Machine::values_, which owns all: there may be circles

// What the machine handles; of a kind only the members that it needs are set.
struct Value {
  enum Kind {
    kNone,
    kMark,
    kBool,
    kInt,
    kText,
    kBytes,
    kTuple,
    kList,
    kDict,
    kGlobal,
    kType,
    kArray
  } kind = kNone;
  int64_t number = 0;
  std::string text = {};  // text and bytes; "module name" of a global, the letter and size of a type
  std::vector<ValuePtr> values = {};  // tuple, list; keys and values of a dict by turns
  Tensor array = {};
};

class Machine {
 public:
  Machine(std::string_view pickle, const std::string& name) : cursor_(pickle, name), name_(name) {}

  ValuePtr run() {
    while (true) {
      const int op = cursor_.u8();
      if (op == '.') return pop();
      step(op);
    }
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw FileError("'" + name_ + "': its pickled arrays are damaged, or no arrays: " + what);
  }

  void push(Value value) {
    constexpr size_t kMost = 1'000'000;
    if (values_.size() >= kMost) fail("it has more than a million values");
    stack_.push_back(&values_.emplace_back(std::move(value)));
  }
  void push_text(Value::Kind kind, std::string_view text) { push({.kind = kind, .text = std::string(text)}); }
  void push_int(Value::Kind kind, int64_t number) { push({.kind = kind, .number = number}); }

  ValuePtr pop() {
    if (stack_.empty()) fail("its stack is empty");
    ValuePtr top = stack_.back();
    stack_.pop_back();
    return top;
  }
  std::vector<ValuePtr> pop_to_mark() {
    std::vector<ValuePtr> values;
    while (true) {
      ValuePtr top = pop();
      if (top->kind == Value::kMark) break;
      values.insert(values.begin(), std::move(top));
    }
    return values;
  }
  Value& top(Value::Kind kind) {
    if (stack_.empty() || stack_.back()->kind != kind) fail("a value of another kind was expected");
    return *stack_.back();
  }
  void push_tuple(std::vector<ValuePtr> values) {
    push({.kind = Value::kTuple, .values = std::move(values)});
  }
  void push_tuple(size_t count) {
    std::vector<ValuePtr> values(count);
    for (size_t i = count; i-- > 0;) values[i] = pop();
    push_tuple(std::move(values));
  }

  void step(int op) {
    switch (op) {
      case 0x80:  // protocol
        cursor_.skip(1);
        break;
      case 0x95:  // frame
        cursor_.skip(8);
        break;
      case '(':
        push({.kind = Value::kMark});
        break;
      case 'N':
        push({});
        break;
      case 0x88:
      case 0x89:
        push_int(Value::kBool, op == 0x88);
        break;
      case 'K':
        push_int(Value::kInt, cursor_.u8());
        break;
      case 'M':
        push_int(Value::kInt, cursor_.u16());
        break;
      case 'J':
        push_int(Value::kInt, static_cast<int32_t>(cursor_.u32()));
        break;
      case 0x8a: {  // a long
        const int size = cursor_.u8();
        if (size > 8) fail("a number has more than 64 bits");
        uint64_t bits = size == 0 ? 0 : cursor_.number(size);
        if (size > 0 && size < 8 && bits >> (8 * size - 1)) bits |= ~uint64_t{0} << (8 * size);
        push_int(Value::kInt, static_cast<int64_t>(bits));
        break;
      }
      case 0x8c:
        push_text(Value::kText, cursor_.take(cursor_.u8()));
        break;
      case 'X':
        push_text(Value::kText, cursor_.take(cursor_.u32()));
        break;
      case 'C':
        push_text(Value::kBytes, cursor_.take(cursor_.u8()));
        break;
      case 'B':
        push_text(Value::kBytes, cursor_.take(cursor_.u32()));
        break;
      case 0x8e:
        push_text(Value::kBytes, cursor_.take(cursor_.u64()));
        break;
      case 0x94:  // memoize
        if (stack_.empty()) fail("its stack is empty");
        memo_[memo_.size()] = stack_.back();
        break;
      case 'q':
        put(cursor_.u8());
        break;
      case 'r':
        put(cursor_.u32());
        break;
      case 'h':
        get(cursor_.u8());
        break;
      case 'j':
        get(cursor_.u32());
        break;
      case ')':
        push_tuple(size_t{0});
        break;
      case 0x85:
      case 0x86:
      case 0x87:
        push_tuple(static_cast<size_t>(op - 0x84));
        break;
      case 't':
        push_tuple(pop_to_mark());
        break;
      case ']':
        push({.kind = Value::kList});
        break;
      case '}':
        push({.kind = Value::kDict});
        break;
      case 'a': {
        ValuePtr value = pop();
        top(Value::kList).values.push_back(std::move(value));
        break;
      }
      case 's': {
        std::vector<ValuePtr> pair(2);
        pair[1] = pop();
        pair[0] = pop();
        set_items(std::move(pair));
        break;
      }
      case 'u':
        set_items(pop_to_mark());
        break;
      case 'c': {
        const std::string module = line();
        push_text(Value::kGlobal, module + " " + line());
        break;
      }
      case 0x93: {
        const ValuePtr own = pop(), module = pop();
        if (own->kind != Value::kText || module->kind != Value::kText) fail("a name was expected");
        push_text(Value::kGlobal, module->text + " " + own->text);
        break;
      }
      case 'R':
        reduce();
        break;
      case 'b':
        build();
        break;
      default:
        fail("the instruction " + std::to_string(op) + " does not occur in those of arrays");
    }
  }

  std::string line() {
    std::string text;
    for (char c; (c = static_cast<char>(cursor_.u8())) != '\n';) text += c;
    return text;
  }
  void put(uint64_t number) {
    if (stack_.empty()) fail("its stack is empty");
    memo_[number] = stack_.back();
  }
  void get(uint64_t number) {
    const auto found = memo_.find(number);
    if (found == memo_.end()) fail("it asks for what it did not keep");
    stack_.push_back(found->second);
  }
  void set_items(std::vector<ValuePtr> items) {
    if (items.size() % 2 != 0) fail("a key lacks its value");
    Value& dict = top(Value::kDict);
    dict.values.insert(dict.values.end(), items.begin(), items.end());
  }

  // Nothing is called: two names stand for an empty array and for an element type.
  void reduce() {
    const ValuePtr args = pop(), function = pop();
    if (function->kind != Value::kGlobal || args->kind != Value::kTuple) fail("a call was expected");
    const std::string& called = function->text;
    if (called == "numpy.core.multiarray _reconstruct" || called == "numpy._core.multiarray _reconstruct") {
      push({.kind = Value::kArray});
    } else if (called == "numpy dtype" && !args->values.empty() && args->values[0]->kind == Value::kText) {
      push_text(Value::kType, args->values[0]->text);
    } else {
      fail("'" + called.substr(0, 200) + "' is not called");
    }
  }

  void build() {
    const ValuePtr state = pop();
    if (stack_.empty() || state->kind != Value::kTuple) fail("a state was expected");
    Value& object = *stack_.back();
    if (object.kind == Value::kType) {
      if (state->values.size() > 1 && state->values[1]->text == ">") fail("its numbers are big-endian");
      return;
    }
    if (object.kind != Value::kArray || state->values.size() != 5) fail("a state was expected");
    const Value &shape = *state->values[1], &type = *state->values[2], &fortran = *state->values[3],
                &data = *state->values[4];
    if (shape.kind != Value::kTuple || type.kind != Value::kType) fail("an array without shape or type");
    if (type.text.starts_with("O")) {  // the array of objects around all
      if (data.kind == Value::kList && data.values.size() == 1) object.values = data.values;
      return;
    }
    object.array = array_of(shape, type.text, fortran.number != 0, data);
  }

  // By way of the format of .npy files, whose reader knows element types and orders.
  Tensor array_of(const Value& shape, const std::string& type, bool fortran, const Value& data) const {
    if (data.kind != Value::kBytes) fail("an array without bytes");
    std::string extents;
    for (const ValuePtr& extent : shape.values) {
      if (extent->kind != Value::kInt || extent->number < 0) fail("a shape of other than numbers");
      extents += std::to_string(extent->number) + ", ";
    }
    for (const char c : type) {
      if (!std::isalnum(static_cast<unsigned char>(c))) fail("an unknown element type");
    }
    const bool single = type.ends_with("1");
    std::string header = std::string("{'descr': '") + (single ? "|" : "<") + type +
                         "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': (" + extents +
                         "), }";
    header.append((64 - (header.size() + 11) % 64) % 64, ' ');
    header += '\n';
    if (header.size() > 0xffff) fail("a shape of too many axes");
    std::string npy("\x93NUMPY\x01\x00", 8);
    npy += static_cast<char>(header.size() & 255);
    npy += static_cast<char>(header.size() >> 8);
    return parse_npy(npy + header + data.text, name_);
  }

  ByteCursor cursor_;
  const std::string& name_;
  std::deque<Value> values_;
  std::vector<ValuePtr> stack_;
  std::map<uint64_t, ValuePtr> memo_;
};

}  // namespace

std::map<std::string, Tensor> read_array_pickle(std::string_view pickle, const std::string& name) {
  Machine machine(pickle, name);
  const ValuePtr root = machine.run();
  const ValuePtr dict = root->kind == Value::kArray && root->values.size() == 1 ? root->values[0] : root;
  const auto fail = [&](const char* what) { throw FileError("'" + name + "': " + what); };
  if (dict->kind != Value::kDict) fail("a dict of arrays was expected");
  std::map<std::string, Tensor> arrays;
  for (size_t i = 0; i + 1 < dict->values.size(); i += 2) {
    const Value &key = *dict->values[i], &value = *dict->values[i + 1];
    if (key.kind != Value::kText || value.kind != Value::kArray || !value.array.defined())
      fail("a dict of arrays was expected");
    arrays.emplace(key.text, value.array);
  }
  return arrays;
}

Hdf5Tree read_keras_npz(std::string_view bytes, const std::string& name) {
  const ZipReader zip(bytes, name);
  Hdf5Tree tree;
  for (const std::string& member : zip.members()) {
    if (!member.ends_with(".npy")) continue;
    std::string path = member.substr(0, member.size() - 4);
    const std::string content = zip.read(member);
    const std::string label = name + "/" + member;
    ByteCursor cursor(content, label);
    if (cursor.take(6) != "\x93NUMPY") throw FileError("'" + label + "' is no array of NumPy's");
    const int major = cursor.u8();
    cursor.skip(1);
    const uint64_t length = major == 1 ? cursor.u16() : cursor.u32();
    if (cursor.take(length).find("'|O'") == std::string_view::npos)
      throw FileError("'" + label + "' is no dict of arrays, as Keras writes them");
    if (path == "__root__") path = "";
    for (auto& [key, array] : read_array_pickle(cursor.take(cursor.left()), label))
      tree.arrays[path.empty() ? key : path + "/" + key] = std::move(array);
  }
  return tree;
}

}  // namespace lamina::detail
