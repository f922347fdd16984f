"""Language models as Hugging Face's Transformers writes them, with what it computes of them: transformers/.

zoo/pretrained_activations.npz: x, and each activation of it under its name.

transformers/<case>/: the folder that save_pretrained wrote, with random weights. transformers/<case>.npz: the arrays
in:<name> that the model was given and out:<name> that it gave, mask:<name> where rows of an output say nothing, and, as
JSON, generations: a list of {"prompts", "options", "ids"}. tests/zoo/transformers reads them; tests/conformance/pretrained.py
asks the same of other random models. Needs torch and transformers, and no Keras; versions are in transformers/VERSIONS.json.
"""
import json
import logging
import os
import pathlib
import random
import shutil
import sys
import zlib

import numpy as np
import torch
import transformers

logging.disable(logging.WARNING)
transformers.utils.logging.disable_progress_bar()
GOLDEN = pathlib.Path(os.environ.get("LAMINA_GOLDEN") or pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden")

GENERATIONS = [{"max_new_tokens": 12}, {"max_new_tokens": 12, "num_beams": 3}]
MORE_GENERATIONS = GENERATIONS + [
    {"max_new_tokens": 20, "min_new_tokens": 15, "repetition_penalty": 1.4},
    {"max_new_tokens": 10, "num_beams": 4, "num_return_sequences": 4, "length_penalty": 0.3},
    {"max_new_tokens": 14, "no_repeat_ngram_size": 2},
    {"max_new_tokens": 12, "num_beams": 2, "length_penalty": 2.0, "repetition_penalty": 1.2, "no_repeat_ngram_size": 3}]


def draw_weights(model, seed):
    """Weights far from zero, so that every option shows in the outputs."""
    generator = torch.Generator().manual_seed(seed)
    frozen = ("embed_positions",)
    for name, parameter in model.named_parameters():
        if any(part in name for part in frozen):
            continue
        noise = torch.randn(parameter.shape, generator=generator)
        with torch.no_grad():
            if parameter.ndim == 1:
                is_scale = name.endswith("weight")
                parameter.copy_(1 + 0.2 * noise if is_scale else 0.3 * noise)
            else:
                parameter.copy_(noise * (1.2 / parameter.shape[-1] ** 0.5))
    for name, buffer in model.named_buffers():
        if name == "final_logits_bias":
            buffer.copy_(torch.randn(buffer.shape, generator=generator) * 0.5)


def ids_of(rng, vocabulary, rows, length, first=3):
    return [[rng.randrange(first, vocabulary) for _ in range(length)] for _ in range(rows)]


def inputs_of(model, rng):
    """Arguments of forward: rows of unequal length, padded behind (decoders: the last row in front, too)."""
    config = model.config
    vocabulary, pad = config.vocab_size, config.pad_token_id if config.pad_token_id is not None else 0
    length = 9
    ids = np.array(ids_of(rng, vocabulary, 3, length))
    mask = np.ones_like(ids)
    ids[1, 6:], mask[1, 6:] = pad, 0
    given = {"input_ids": ids, "attention_mask": mask}
    if is_decoder(model):
        ids[2, :3], mask[2, :3] = pad, 0
    if is_encoder(model) and getattr(config, "type_vocab_size", 0) > 1:
        given["token_type_ids"] = np.array([[rng.randrange(config.type_vocab_size) for _ in range(length)] for _ in range(3)])
    if config.is_encoder_decoder:
        target = np.array(ids_of(rng, getattr(config, "decoder_vocab_size", None) or vocabulary, 3, 6))
        target[:, 0] = config.decoder_start_token_id
        given["decoder_input_ids"] = target
        given["decoder_attention_mask"] = np.ones_like(target)
        given["decoder_attention_mask"][1, 4:] = 0
    return given


def is_encoder(model):
    return model.config.model_type in ("bert", "distilbert", "roberta") or type(model).__name__.endswith("EncoderModel")


def is_decoder(model):
    return not is_encoder(model) and not model.config.is_encoder_decoder


def writes(model):
    return model.can_generate() and not is_encoder(model)


STATES = [f"{side}{kind}" for side in ("", "encoder_", "decoder_", "cross_") for kind in ("attentions", "hidden_states")]


def outputs_of(model, given, everything=False):
    """The outputs; with `everything` attentions and hidden states, too, numbered by layer."""
    forget_lengths(model)
    if everything:
        model.set_attn_implementation("eager")
    with torch.inference_mode():
        result = model(**{key: torch.tensor(value) for key, value in given.items()}, output_attentions=everything,
                       output_hidden_states=everything)
    states = {f"{key}.{i}": value.float().numpy() for key in STATES if everything for i, value in enumerate(result.get(key) or ())}
    wanted = [key for key in ("logits", "start_logits", "end_logits") if key in result] or ["last_hidden_state", "pooler_output"]
    return {key: result[key].float().numpy() for key in wanted if result.get(key) is not None} | states


def follows_length(model):
    """Whether rotary positions depend on the length of the text."""
    return (getattr(model.config, "rope_parameters", None) or {}).get("rope_type") in ("dynamic", "longrope")


def forget_lengths(model):
    """Dynamic positions remember the longest text so far; here each one is the first."""
    for part in model.modules():
        if hasattr(part, "max_seq_len_cached"):
            part.max_seq_len_cached, part.inv_freq = part.original_max_seq_len, part.original_inv_freq.clone()


def generated(model, prompts, options):
    """The new ids of each text, up to and with the token that ends it."""
    if len(prompts) > 1 and is_decoder(model) and ({"no_repeat_ngram_size", "repetition_penalty"} & set(options) or follows_length(model)):
        # Transformers counts padding in front as a part of the text, and turns all rows as the longest wants it; Lamina's texts do
        # not depend on their neighbours.
        return [text for prompt in prompts for text in generated(model, [prompt], options)]
    forget_lengths(model)
    config = model.generation_config
    pad = config.pad_token_id if config.pad_token_id is not None else 0
    longest = max(map(len, prompts))
    front = not model.config.is_encoder_decoder
    ids, mask = [], []
    for prompt in prompts:
        filler = [pad] * (longest - len(prompt))
        ids.append(filler + prompt if front else prompt + filler)
        ones = [1] * len(prompt)
        mask.append([0] * len(filler) + ones if front else ones + [0] * len(filler))
    with torch.inference_mode():
        rows = model.generate(torch.tensor(ids), attention_mask=torch.tensor(mask), do_sample=False, **options).tolist()
    ends = config.eos_token_id
    ends = set(ends if isinstance(ends, list) else [] if ends is None else [ends])
    texts = []
    for row in rows:
        row = row[longest if front else 1:]
        end = next((i for i, token in enumerate(row) if token in ends), None)
        texts.append(row if end is None else row[:end + 1])
    return texts


def ask(model, rng, generations, everything=False):
    given = inputs_of(model, rng)
    outputs = outputs_of(model, given, everything)
    arrays = {f"in:{key}": value.astype(np.int64) for key, value in given.items()}
    for key, value in outputs.items():
        arrays[f"out:{key}"] = value
        if is_decoder(model) and value.ndim == 3:  # what padding in front sees is nobody's business
            arrays[f"mask:{key}"] = given["attention_mask"].astype(np.int64)
    asked = []
    for options in generations if writes(model) else []:
        prompts = [ids_of(rng, model.config.vocab_size, 1, rng.choice([1, 3, 6, 9]))[0] for _ in range(3)]
        asked.append({"prompts": prompts, "options": options, "ids": generated(model, prompts, options)})
    return arrays, asked


def made(model_class, config, seed):
    torch.manual_seed(seed)
    model = model_class(config).eval()
    draw_weights(model, seed)
    model.tie_weights()
    return model


def gpt2(**options):
    return transformers.GPT2Config(**{"vocab_size": 40, "n_positions": 48, "n_embd": 16, "n_layer": 2, "n_head": 2, "bos_token_id": 1,
                                      "eos_token_id": 2, "pad_token_id": 0} | options)


SMALL = {"vocab_size": 40, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "max_position_embeddings": 64, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}


def llama(**options):
    return transformers.LlamaConfig(**SMALL | options)


def mistral(**options):
    return transformers.MistralConfig(**SMALL | options)


def qwen2(**options):
    return transformers.Qwen2Config(**SMALL | options)


def qwen3(**options):
    return transformers.Qwen3Config(**SMALL | {"head_dim": 6} | options)


def bert(**options):
    return transformers.BertConfig(**{"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
                                      "intermediate_size": 24, "max_position_embeddings": 24} | options)


def roberta(**options):
    return transformers.RobertaConfig(**{"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
                                         "intermediate_size": 24, "max_position_embeddings": 24, "type_vocab_size": 1} | options)


def distilbert(**options):
    return transformers.DistilBertConfig(**{"vocab_size": 40, "dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 24,
                                            "max_position_embeddings": 24} | options)


def marian(**options):
    return transformers.MarianConfig(**{
        "vocab_size": 40, "d_model": 16, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2,
        "decoder_attention_heads": 4, "encoder_ffn_dim": 24, "decoder_ffn_dim": 20, "max_position_embeddings": 48, "pad_token_id": 39,
        "decoder_start_token_id": 39, "eos_token_id": 0, "forced_eos_token_id": 0} | options)


def t5(**options):
    return transformers.T5Config(**{"vocab_size": 40, "d_model": 16, "d_kv": 6, "d_ff": 24, "num_layers": 2, "num_decoder_layers": 1,
                                    "num_heads": 2, "relative_attention_num_buckets": 8, "relative_attention_max_distance": 12,
                                    "decoder_start_token_id": 0} | options)


def mt5(**options):
    return transformers.MT5Config(**{"vocab_size": 40, "d_model": 16, "d_kv": 6, "d_ff": 24, "num_layers": 2, "num_decoder_layers": 1,
                                     "num_heads": 2, "relative_attention_num_buckets": 8, "relative_attention_max_distance": 12} | options)


LLAMA3 = {"rope_type": "llama3", "rope_theta": 5000.0, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 16}
YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 16}
DYNAMIC = {"rope_type": "dynamic", "rope_theta": 100.0, "factor": 3.0}
LONG = {"rope_type": "longrope", "rope_theta": 100.0, "original_max_position_embeddings": 8, "short_factor": [1.0, 1.2],
        "long_factor": [1.5, 4.0]}

# name: (class, configuration, generations)
CASES = {
    "gpt2": ("GPT2LMHeadModel", gpt2(), MORE_GENERATIONS),
    "gpt2_scaled": ("GPT2LMHeadModel", gpt2(scale_attn_by_inverse_layer_idx=True, activation_function="relu", n_inner=20,
                                            layer_norm_epsilon=1e-3, tie_word_embeddings=False), GENERATIONS),
    "gpt2_unscaled": ("GPT2Model", gpt2(scale_attn_weights=False, activation_function="silu", reorder_and_upcast_attn=True), []),
    "gpt2_classes": ("GPT2ForSequenceClassification", gpt2(num_labels=3), []),
    "llama": ("LlamaForCausalLM", llama(), MORE_GENERATIONS),
    "llama_classes": ("LlamaForSequenceClassification", llama(num_labels=4), []),
    "llama_biased": ("LlamaForCausalLM", llama(attention_bias=True, mlp_bias=True, head_dim=6, tie_word_embeddings=True,
                                               hidden_act="gelu", rms_norm_eps=1e-3, num_key_value_heads=1), GENERATIONS),
    "llama_linear": ("LlamaForCausalLM", llama(rope_parameters={"rope_type": "linear", "rope_theta": 500.0, "factor": 3.0}), GENERATIONS),
    "llama_llama3": ("LlamaForCausalLM", llama(rope_parameters=LLAMA3, head_dim=16), GENERATIONS),
    "llama_yarn": ("LlamaForCausalLM", llama(rope_parameters=YARN, head_dim=16), GENERATIONS),
    "llama_yarn_more": ("LlamaModel", llama(rope_parameters=YARN | {"beta_fast": 8.0, "beta_slow": 0.5, "mscale": 0.8, "mscale_all_dim": 1.2,
                                                                    "truncate": False}, head_dim=16), []),
    "llama_dynamic": ("LlamaForCausalLM", llama(rope_parameters=DYNAMIC, max_position_embeddings=6), GENERATIONS),
    "llama_longrope": ("LlamaForCausalLM", llama(rope_parameters=LONG), GENERATIONS),
    "qwen2_longrope": ("Qwen2ForCausalLM", qwen2(rope_parameters=LONG | {"attention_factor": 1.3, "original_max_position_embeddings": 20}),
                       GENERATIONS),
    "mistral": ("MistralForCausalLM", mistral(sliding_window=5), GENERATIONS),
    "mistral_classes": ("MistralForSequenceClassification", mistral(sliding_window=5, num_labels=2), []),
    "mistral_whole": ("MistralModel", mistral(sliding_window=None), []),
    "qwen2": ("Qwen2ForCausalLM", qwen2(use_sliding_window=True, sliding_window=4, max_window_layers=1), GENERATIONS),
    "qwen2_classes": ("Qwen2ForSequenceClassification", qwen2(num_labels=5), []),
    "qwen3": ("Qwen3ForCausalLM", qwen3(attention_bias=True, use_sliding_window=True, sliding_window=6,
                                        layer_types=["sliding_attention", "full_attention"]), GENERATIONS),
    "bert": ("BertModel", bert(), []),
    "bert_masked": ("BertForMaskedLM", bert(hidden_act="relu", layer_norm_eps=1e-3), []),
    "bert_untied": ("BertForMaskedLM", bert(tie_word_embeddings=False), []),
    "bert_classes": ("BertForSequenceClassification", bert(num_labels=3), []),
    "bert_tokens": ("BertForTokenClassification", bert(num_labels=5, type_vocab_size=3), []),
    "bert_answers": ("BertForQuestionAnswering", bert(hidden_act="gelu_new"), []),
    "distilbert": ("DistilBertModel", distilbert(activation="relu"), []),
    "distilbert_masked": ("DistilBertForMaskedLM", distilbert(sinusoidal_pos_embds=True), []),
    "distilbert_classes": ("DistilBertForSequenceClassification", distilbert(num_labels=4), []),
    "distilbert_tokens": ("DistilBertForTokenClassification", distilbert(num_labels=3), []),
    "distilbert_answers": ("DistilBertForQuestionAnswering", distilbert(), []),
    "roberta": ("RobertaModel", roberta(), []),
    "roberta_masked": ("RobertaForMaskedLM", roberta(hidden_act="relu"), []),
    "roberta_classes": ("RobertaForSequenceClassification", roberta(num_labels=3, type_vocab_size=2), []),
    "roberta_tokens": ("RobertaForTokenClassification", roberta(num_labels=3), []),
    "roberta_answers": ("RobertaForQuestionAnswering", roberta(pad_token_id=0), []),
    "marian": ("MarianMTModel", marian(scale_embedding=True, activation_function="swish"), MORE_GENERATIONS),
    "marian_apart": ("MarianMTModel", marian(share_encoder_decoder_embeddings=False, decoder_vocab_size=34, pad_token_id=33,
                                             decoder_start_token_id=33), GENERATIONS),
    "t5": ("T5ForConditionalGeneration", t5(), MORE_GENERATIONS),
    "t5_gated": ("T5ForConditionalGeneration", t5(feed_forward_proj="gated-gelu", tie_word_embeddings=False), GENERATIONS),
    "t5_gated_silu": ("T5ForConditionalGeneration", t5(feed_forward_proj="gated-silu", layer_norm_epsilon=1e-3), GENERATIONS),
    "t5_encoder": ("T5EncoderModel", t5(feed_forward_proj="gelu"), []),
    "mt5": ("MT5ForConditionalGeneration", mt5(), GENERATIONS),
    "mt5_encoder": ("MT5EncoderModel", mt5(), []),
}


def own_head(model):
    """T5 1.1 as it is published: a matrix of its own beside the table, and a configuration that says so."""
    torch.manual_seed(7)
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight) * 0.3)
    model.config.tie_word_embeddings = False
    return model


def write(name, model, generations, **options):
    target = GOLDEN / "transformers" / name
    shutil.rmtree(target, ignore_errors=True)
    model.save_pretrained(target, **options)
    arrays, asked = ask(model, random.Random(name), generations)
    arrays["generations"] = np.frombuffer(json.dumps(asked).encode(), np.uint8)
    np.savez_compressed(target.with_suffix(".npz"), **arrays)
    return target


def activations():
    from transformers.activations import ACT2FN
    x = torch.linspace(-12, 12, 193)
    names = ["gelu", "gelu_10", "gelu_accurate", "gelu_fast", "gelu_new", "gelu_python", "gelu_python_tanh", "gelu_pytorch_tanh",
             "hardswish", "leaky_relu", "linear", "mish", "quick_gelu", "relu", "relu2", "relu6", "sigmoid", "silu", "swish", "tanh"]
    (GOLDEN / "zoo").mkdir(parents=True, exist_ok=True)
    np.savez_compressed(GOLDEN / "zoo" / "pretrained_activations.npz", x=x.numpy(), **{name: ACT2FN[name](x).numpy() for name in names})


def pytorch_files():
    """The model of gpt2 as Hugging Face's library wrote models before safetensors: whole, and in parts with an index."""
    model = made(transformers.GPT2LMHeadModel, gpt2(n_layer=1), 4)
    tensors = model.state_dict()
    names = sorted(tensors)
    for name, parts in (("gpt2_pytorch", [names]), ("gpt2_pytorch_parts", [names[::2], names[1::2]])):
        write(name, model, GENERATIONS[:1])
        target = GOLDEN / "transformers" / name
        (target / "model.safetensors").unlink()
        files = [f"pytorch_model-{i + 1:05d}-of-00002.bin" for i in range(2)] if len(parts) > 1 else ["pytorch_model.bin"]
        for file, part in zip(files, parts):
            torch.save({key: tensors[key].clone() for key in part}, target / file)
        if len(parts) > 1:
            where = {key: file for file, part in zip(files, parts) for key in part}
            (target / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": where}, indent=1) + "\n")


def main():
    (GOLDEN / "transformers").mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[1:] or None
    for name, (model_class, config, generations) in CASES.items():
        if wanted is None or name in wanted:
            write(name, made(getattr(transformers, model_class), config, zlib.crc32(name.encode())), generations)
    if wanted is None:
        activations()
        pytorch_files()
        write("t5_sharded", made(transformers.T5ForConditionalGeneration, t5(), 1), GENERATIONS[:1], max_shard_size="6KB")
        write("t5_own_head", own_head(made(transformers.T5ForConditionalGeneration, t5(feed_forward_proj="gated-gelu"), 2)), GENERATIONS)
        model = made(transformers.T5ForConditionalGeneration, t5(), 3).to(torch.bfloat16)
        target = GOLDEN / "transformers" / "t5_bf16"
        write("t5_bf16", model.float(), GENERATIONS[:1])
        model.to(torch.bfloat16).save_pretrained(target)
        versions = {"torch": torch.__version__, "transformers": transformers.__version__, "numpy": np.__version__}
        (GOLDEN / "transformers" / "VERSIONS.json").write_text(json.dumps(versions, indent=2) + "\n")


if __name__ == "__main__":
    main()
