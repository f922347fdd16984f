// The pickle machine: a stack, marks and a memo, as in https://docs.python.org/3/library/pickletools.html
// Reason for its length: one function for each group of the format's 68 instructions.
#include "lamina/formats/detail/pickle.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"

namespace lamina::detail {
namespace {

using Kind = PickleValue::Kind;
using Values = std::vector<const PickleValue*>;

// A byte of a pickle may make a value of a hundred bytes: so many are free, then one for each eight bytes.
constexpr size_t kFreeValues = size_t{1} << 18;

class Machine {
 public:
  Machine(std::string_view bytes, std::span<const PickleGlobal> globals, const std::string& name)
      : bytes_(bytes), globals_(globals), name_(name), budget_(kFreeValues + bytes.size() / 8) {}

  Pickle run() {
    while (true) {
      const auto code = static_cast<unsigned char>(take(1)[0]);
      if (code == '.') break;
      step(code);
    }
    result_.root = pop();
    result_.bytes = at_;
    return std::move(result_);
  }

 private:
  [[noreturn]] void damaged(const std::string& what) const {
    throw FileError("'" + name_ + "' is no pickle, or damaged: " + what + " at byte " + std::to_string(at_));
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw FileError("'" + name_ + "' asks for '" + excerpt(what, 200) +
                    "', which is no part of a file of tensors: it is not read (nothing of it was run)");
  }

  std::string_view take(uint64_t count) {
    if (count > bytes_.size() - at_) damaged("it ends");
    const std::string_view taken = bytes_.substr(at_, static_cast<size_t>(count));
    at_ += static_cast<size_t>(count);
    return taken;
  }
  std::string_view line() {
    const size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) damaged("a line without an end");
    const std::string_view text = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return text;
  }
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  void spend() {
    if (budget_ == 0) damaged("more values than can be");
    --budget_;
  }
  PickleValue& make(Kind kind) {
    spend();
    PickleValue& value = result_.values.emplace_back();
    value.kind = kind;
    return value;
  }
  void push(const PickleValue& value) { stack_.push_back(&value); }
  const PickleValue* top() const {
    if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back()))
      damaged("nothing on the stack");
    return stack_.back();
  }
  const PickleValue* pop() {
    const PickleValue* const value = top();
    stack_.pop_back();
    return value;
  }
  // What lies above the last mark, which is taken away.
  Values pop_mark() {
    if (marks_.empty()) damaged("no mark");
    const auto from = stack_.begin() + static_cast<ptrdiff_t>(marks_.back());
    Values items(from, stack_.end());
    stack_.erase(from, stack_.end());
    marks_.pop_back();
    return items;
  }
  PickleValue& changeable(const PickleValue* value) { return *const_cast<PickleValue*>(value); }

  void push_int(int64_t value) {
    PickleValue& made = make(Kind::kInt);
    made.integer = value;
    push(made);
  }
  void push_float(double value) {
    PickleValue& made = make(Kind::kFloat);
    made.number = value;
    push(made);
  }
  void push_text(Kind kind, std::string_view text) {
    PickleValue& made = make(kind);
    made.text = text;
    push(made);
  }
  void push_bool(bool value) {
    PickleValue& made = make(Kind::kBool);
    made.integer = value;
    push(made);
  }
  void push_items(Kind kind, Values items) {
    PickleValue& made = make(kind);
    made.items = std::move(items);
    push(made);
  }
  void push_top(size_t count) {
    Values items(count);
    for (size_t i = count; i > 0; --i) items[i - 1] = pop();
    push_items(Kind::kTuple, std::move(items));
  }
  // Little-endian in two's complement.
  void push_long(std::string_view bytes) {
    if (bytes.size() > 8) return push_text(Kind::kBytes, bytes);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size(); ++i)
      value |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    if (!bytes.empty() && bytes.size() < 8 && (static_cast<unsigned char>(bytes.back()) & 0x80))
      value |= ~uint64_t{0} << (8 * bytes.size());
    push_int(static_cast<int64_t>(value));
  }
  void push_decimal(std::string_view text) {
    if (text == "00" || text == "01") return push_bool(text == "01");  // protocol 1 had no bools
    if (!text.empty() && text.back() == 'L') text.remove_suffix(1);
    char* end = nullptr;
    const std::string digits(text.substr(0, 64));
    errno = 0;
    const long long value = std::strtoll(digits.c_str(), &end, 10);
    if (digits.empty() || *end || errno) damaged("'" + excerpt(digits, 40) + "' is no whole number");
    push_int(value);
  }
  void push_decimal_float(std::string_view text) {
    char* end = nullptr;
    const std::string digits(text.substr(0, 64));
    const double value = std::strtod(digits.c_str(), &end);
    if (digits.empty() || *end) damaged("'" + excerpt(digits, 40) + "' is no number");
    push_float(value);
  }

  // ---- Containers -----------------------------------------------------------------------------------------

  void add_items(Kind kind, const Values& items) {
    PickleValue& to = changeable(top());
    if (to.kind != kind || (kind == Kind::kDict && items.size() % 2 != 0))
      damaged("items for what has none of that kind");
    to.items.insert(to.items.end(), items.begin(), items.end());
  }

  // ---- Memo -----------------------------------------------------------------------------------------------

  void put(uint64_t index) {
    spend();
    memo_[index] = top();
  }
  void get(uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) damaged("nothing is remembered as " + std::to_string(index));
    spend();
    stack_.push_back(found->second);
  }
  uint64_t decimal_index() {
    const std::string digits(line().substr(0, 20));
    char* end = nullptr;
    const unsigned long long value = std::strtoull(digits.c_str(), &end, 10);
    if (digits.empty() || *end) damaged("'" + excerpt(digits, 20) + "' is no place of the memo");
    return value;
  }

  // ---- What would be code ---------------------------------------------------------------------------------

  void push_global(std::string_view module, std::string_view name) {
    const auto found = std::find_if(globals_.begin(), globals_.end(), [&](const PickleGlobal& one) {
      return one.module == module && one.name == name;
    });
    std::string full = std::string(module) + "." + std::string(name);
    if (found == globals_.end()) refuse(full);
    PickleValue& made = make(Kind::kGlobal);
    made.text = std::move(full);
    made.integer = static_cast<int64_t>(found - globals_.begin());
    push(made);
  }
  void call() {
    const PickleValue* const arguments = pop();
    const PickleValue* const callee = pop();
    if (callee->kind != Kind::kGlobal || arguments->kind != Kind::kTuple)
      damaged("a call of what cannot be called");
    const PickleGlobal::Makes makes = globals_[static_cast<size_t>(callee->integer)].makes;
    if (makes == PickleGlobal::Makes::kCall) return push_items(Kind::kCall, {callee, arguments});
    // OrderedDict(), OrderedDict([(key, value), ...]), set([...])
    Values items;
    if (arguments->items.size() > 1) damaged("'" + callee->text + "' with too many arguments");
    if (arguments->items.size() == 1) {
      const PickleValue& given = *arguments->items[0];
      if (given.kind != Kind::kList) damaged("'" + callee->text + "' of no list");
      for (const PickleValue* item : given.items) {
        spend();
        if (makes == PickleGlobal::Makes::kList) {
          items.push_back(item);
        } else if (item->items.size() == 2) {
          items.insert(items.end(), item->items.begin(), item->items.end());
        } else {
          damaged("'" + callee->text + "' of what are no pairs");
        }
      }
    }
    push_items(makes == PickleGlobal::Makes::kDict ? Kind::kDict : Kind::kList, std::move(items));
  }
  // Attributes of a dictionary (state_dict's _metadata) say nothing about its tensors.
  void build() {
    const PickleValue* const state = pop();
    PickleValue& object = changeable(top());
    if (object.kind == Kind::kDict || object.kind == Kind::kList) return;
    if (object.kind != Kind::kCall || object.items.size() != 2) damaged("a state for what has none");
    object.items.push_back(state);
  }

  // ---- Instructions ---------------------------------------------------------------------------------------

  void step(unsigned char code) {
    switch (code) {
      case 0x80: {  // PROTO
        const int version = number<uint8_t>();
        if (version > 5) damaged("protocol " + std::to_string(version));
        return;
      }
      case 0x95:
        take(8);
        return;  // FRAME
      case '(':
        spend();
        marks_.push_back(stack_.size());
        return;
      case '0':  // POP, which takes a mark where that is last
        if (!marks_.empty() && marks_.back() == stack_.size()) {
          marks_.pop_back();
        } else {
          pop();
        }
        return;
      case '1':
        pop_mark();
        return;
      case '2':
        spend();
        stack_.push_back(top());
        return;
      default:
        break;
    }
    if (!step_number(code) && !step_text(code) && !step_container(code) && !step_memo(code) &&
        !step_code(code)) {
      damaged("the instruction " + std::to_string(code) + " is not known");
    }
  }

  bool step_number(unsigned char code) {
    switch (code) {
      case 'N':
        push(make(Kind::kNone));
        return true;
      case 0x88:
        push_bool(true);
        return true;
      case 0x89:
        push_bool(false);
        return true;
      case 'J':
        push_int(number<int32_t>());
        return true;
      case 'K':
        push_int(number<uint8_t>());
        return true;
      case 'M':
        push_int(number<uint16_t>());
        return true;
      case 'I':
      case 'L':
        push_decimal(line());
        return true;
      case 'F':
        push_decimal_float(line());
        return true;
      case 0x8a:
        push_long(take(number<uint8_t>()));
        return true;
      case 0x8b:
        push_long(take(number<uint32_t>()));
        return true;
      case 'G': {  // big-endian
        uint64_t bits = 0;
        for (const char c : take(8)) bits = bits << 8 | static_cast<unsigned char>(c);
        push_float(std::bit_cast<double>(bits));
        return true;
      }
      default:
        return false;
    }
  }

  bool step_text(unsigned char code) {
    switch (code) {
      case 'S': {  // in quotes
        std::string_view text = line();
        if (text.size() < 2 || text.front() != text.back()) damaged("a text without quotes");
        push_text(Kind::kText, text.substr(1, text.size() - 2));
        return true;
      }
      case 'V':
        push_text(Kind::kText, line());
        return true;
      case 'U':
      case 0x8c:
        push_text(Kind::kText, take(number<uint8_t>()));
        return true;
      case 'T':
      case 'X':
        push_text(Kind::kText, take(number<uint32_t>()));
        return true;
      case 0x8d:
        push_text(Kind::kText, take(number<uint64_t>()));
        return true;
      case 'C':
        push_text(Kind::kBytes, take(number<uint8_t>()));
        return true;
      case 'B':
        push_text(Kind::kBytes, take(number<uint32_t>()));
        return true;
      case 0x8e:
      case 0x96:
        push_text(Kind::kBytes, take(number<uint64_t>()));
        return true;
      default:
        return false;
    }
  }

  bool step_container(unsigned char code) {
    switch (code) {
      case ')':
        push(make(Kind::kTuple));
        return true;
      case ']':
      case 0x8f:
        push(make(Kind::kList));
        return true;
      case '}':
        push(make(Kind::kDict));
        return true;
      case 't':
        push_items(Kind::kTuple, pop_mark());
        return true;
      case 'l':
      case 0x91:
        push_items(Kind::kList, pop_mark());
        return true;
      case 'd': {
        Values items = pop_mark();
        if (items.size() % 2 != 0) damaged("a key without a value");
        push_items(Kind::kDict, std::move(items));
        return true;
      }
      case 0x85:
        push_top(1);
        return true;
      case 0x86:
        push_top(2);
        return true;
      case 0x87:
        push_top(3);
        return true;
      case 'a': {
        const PickleValue* const item = pop();
        add_items(Kind::kList, {item});
        return true;
      }
      case 's': {
        const PickleValue* const value = pop();
        const PickleValue* const key = pop();
        add_items(Kind::kDict, {key, value});
        return true;
      }
      case 'e':
      case 0x90: {
        const Values items = pop_mark();
        add_items(Kind::kList, items);
        return true;
      }
      case 'u': {
        const Values items = pop_mark();
        add_items(Kind::kDict, items);
        return true;
      }
      default:
        return false;
    }
  }

  bool step_memo(unsigned char code) {
    switch (code) {
      case 'p':
        put(decimal_index());
        return true;
      case 'q':
        put(number<uint8_t>());
        return true;
      case 'r':
        put(number<uint32_t>());
        return true;
      case 0x94:
        put(memo_.size());
        return true;
      case 'g':
        get(decimal_index());
        return true;
      case 'h':
        get(number<uint8_t>());
        return true;
      case 'j':
        get(number<uint32_t>());
        return true;
      default:
        return false;
    }
  }

  bool step_code(unsigned char code) {
    switch (code) {
      case 'c': {
        const std::string_view module = line();
        push_global(module, line());
        return true;
      }
      case 0x93: {
        const PickleValue* const name = pop();
        const PickleValue* const module = pop();
        if (name->kind != Kind::kText || module->kind != Kind::kText) damaged("a name that is no text");
        push_global(module->text, name->text);
        return true;
      }
      case 'R':
      case 0x81:
        call();
        return true;
      case 'b':
        build();
        return true;
      case 'Q':
        push_items(Kind::kPersistent, {pop()});
        return true;
      case 'i': {  // INST: a class by its name
        const std::string_view module = line();
        refuse(std::string(module) + "." + std::string(line()));
      }
      case 'P':
      case 'o':
      case 0x82:
      case 0x83:
      case 0x84:
      case 0x92:
      case 0x97:
      case 0x98:
        damaged("the instruction " + std::to_string(code) + ", which files of tensors do not have,");
      default:
        return false;
    }
  }

  std::string_view bytes_;
  std::span<const PickleGlobal> globals_;
  std::string name_;
  size_t budget_;
  size_t at_ = 0;
  Pickle result_;
  Values stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::unordered_map<uint64_t, const PickleValue*> memo_;
};

}  // namespace

Pickle read_pickle(std::string_view bytes, std::span<const PickleGlobal> globals, const std::string& name) {
  return Machine(bytes, globals, name).run();
}

}  // namespace lamina::detail
