// The bot's own sentences.
#include "lamina/chat/detail/phrases.h"

#include "lamina/text/detail/unicode.h"

namespace lamina::detail {

const Phrases& phrases(bool chinese) {
  static const Phrases english{.hand_over = "I am not sure about that, so I hand you over to a person.",
                               .too_long = "That is too long for me. Please say it in fewer words.",
                               .nothing = "Please ask something.",
                               .confirm_begin = "So far I have ",
                               .confirm_end = ". Is that right?",
                               .done = "Thank you, that is noted.",
                               .change = "What shall be different?",
                               .bye = "You are welcome. Goodbye!",
                               .any = "any"};
  static const Phrases mandarin{.hand_over = "这个问题我没有把握，现在为您转接人工客服。",
                                .too_long = "内容太长了，请说得简短一些。",
                                .nothing = "请输入您的问题。",
                                .confirm_begin = "我记下的是：",
                                .confirm_end = "。对吗？",
                                .done = "谢谢，已经记下了。",
                                .change = "需要改什么？",
                                .bye = "不客气，再见！",
                                .any = "都可以"};
  return chinese ? mandarin : english;
}

bool has_unspaced(const std::string& text) {
  bool found = false;
  for_each_character(text, [&](const Character& c) { found = found || is_unspaced(c.code); });
  return found;
}

}  // namespace lamina::detail
