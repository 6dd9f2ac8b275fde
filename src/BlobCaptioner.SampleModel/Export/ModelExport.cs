using BlobCaptioner.SampleModel.Architecture;
using BlobCaptioner.SampleModel.Tokens;

namespace BlobCaptioner.SampleModel.Export;

/// <summary>Writes a model as the pair of GGUF files that llama.cpp loads. Keys and tensor names are those of its gguf-py/gguf/constants.py and tools/mtmd/clip-impl.h.</summary>
internal static class ModelExport
{
    /// <summary>File names of the pair.</summary>
    public static readonly (string Text, string Vision) FileNames = ("sample-text-f16.gguf", "sample-mmproj-f16.gguf");

    private const string Name = "BlobCaptioner sample model";

    // CaptionTask.Chat as a template
    private const string ChatTemplate =
        """{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}""";

    // ggml's codes: LLAMA_FTYPE_MOSTLY_F16; LLAMA_TOKEN_TYPE_NORMAL and _CONTROL
    private const uint MostlyF16 = 1;
    private const int NormalToken = 1;
    private const int ControlToken = 3;

    /// <summary>Writes both files.</summary>
    public static void Save(CaptionModel model, string directory)
    {
        SaveText(model, Path.Combine(directory, FileNames.Text));
        SaveVision(model, Path.Combine(directory, FileNames.Vision));
    }

    private static void SaveText(CaptionModel model, string path)
    {
        var shape = model.Shape;
        var file = new GgufWriter();
        AddGeneral(file, "qwen3vl", "model");
        const string key = "qwen3vl.";
        file.Add(key + "block_count", (uint)shape.Layers);
        file.Add(key + "context_length", (uint)shape.ContextTokens);
        file.Add(key + "embedding_length", (uint)shape.Width);
        file.Add(key + "feed_forward_length", (uint)shape.Inner);
        file.Add(key + "attention.head_count", (uint)shape.Heads);
        file.Add(key + "attention.head_count_kv", (uint)shape.KeyHeads);
        file.Add(key + "attention.key_length", (uint)shape.HeadSize);
        file.Add(key + "attention.value_length", (uint)shape.HeadSize);
        file.Add(key + "attention.layer_norm_rms_epsilon", (float)ModelShape.Epsilon);
        file.Add(key + "rope.freq_base", (float)shape.RopeBase);
        file.Add(key + "rope.dimension_sections", [.. ModelShape.RopeSections, 0]);
        file.Add(key + "n_deepstack_layers", (uint)shape.DeepStack.Count);

        var tokenizer = model.Tokenizer;
        file.Add("tokenizer.ggml.model", "gpt2");
        file.Add("tokenizer.ggml.pre", "qwen2");
        file.Add("tokenizer.ggml.tokens", tokenizer.Tokens);
        file.Add("tokenizer.ggml.token_type", [.. tokenizer.Tokens.Select((_, i) => i < tokenizer.FirstSpecial ? NormalToken : ControlToken)]);
        file.Add("tokenizer.ggml.merges", [.. tokenizer.Merges.Select(m => $"{m.Left} {m.Right}")]);
        file.Add("tokenizer.ggml.eos_token_id", (uint)tokenizer.EndOfTurn);
        file.Add("tokenizer.ggml.padding_token_id", (uint)tokenizer.IdOf(BpeTokenizer.Special[0]));
        file.Add("tokenizer.ggml.bos_token_id", (uint)tokenizer.IdOf(BpeTokenizer.Special[0]));
        file.Add("tokenizer.ggml.add_bos_token", false);
        file.Add("tokenizer.chat_template", ChatTemplate);
        AddWeights(file, model.Weights, isVision: false);
        file.Save(path);
    }

    private static void SaveVision(CaptionModel model, string path)
    {
        var shape = model.Shape;
        var file = new GgufWriter();
        AddGeneral(file, "clip", "mmproj");
        file.Add("clip.has_vision_encoder", true);
        file.Add("clip.projector_type", "qwen3vl_merger");
        file.Add("clip.use_gelu", true);
        const string key = "clip.vision.";
        file.Add(key + "projection_dim", (uint)shape.Width);
        file.Add(key + "image_size", (uint)(ModelShape.Grid * ModelShape.Patch));
        file.Add(key + "patch_size", (uint)ModelShape.Patch);
        file.Add(key + "embedding_length", (uint)shape.VisionWidth);
        file.Add(key + "feed_forward_length", (uint)shape.VisionInner);
        file.Add(key + "block_count", (uint)shape.VisionLayers);
        file.Add(key + "attention.head_count", (uint)shape.VisionHeads);
        file.Add(key + "attention.layer_norm_epsilon", (float)ModelShape.Epsilon);
        float[] half = [0.5f, 0.5f, 0.5f];
        file.Add(key + "image_mean", half);
        file.Add(key + "image_std", half);
        file.Add(key + "spatial_merge_size", (uint)ModelShape.Merge);
        file.Add(key + "is_deepstack_layers", [.. Enumerable.Range(0, shape.VisionLayers).Select(shape.DeepStack.Contains)]);
        AddWeights(file, model.Weights, isVision: true);
        file.Save(path);
    }

    private static void AddGeneral(GgufWriter file, string architecture, string type)
    {
        file.Add("general.architecture", architecture);
        file.Add("general.type", type);
        file.Add("general.name", Name);
        file.Add("general.file_type", MostlyF16);
    }

    private static void AddWeights(GgufWriter file, ModelWeights weights, bool isVision)
    {
        foreach (var name in weights.Names.Where(n => weights.IsVision(n) == isVision))
        {
            var weight = weights[name];
            var numbers = ModelWeights.Numbers(weight);
            if (name == "v.patch_embd.weight")
            {
                // The reference convolves two frames. A still picture stands for both, so each frame gets half of the weight.
                var halves = Array.ConvertAll(numbers, n => n / 2);
                long[] size = [weight.shape[0], 3, ModelShape.Patch, ModelShape.Patch];
                file.AddTensor(name, size, halves, GgufWriter.TensorType.F16);
                file.AddTensor(name + ".1", size, halves, GgufWriter.TensorType.F16);
                continue;
            }

            // llama.cpp adds and multiplies vectors in 32 bits and interpolates the position embeddings in 32 bits.
            var type = weight.shape.Length < 2 || name.Contains("position_embd", StringComparison.Ordinal) ? GgufWriter.TensorType.F32 : GgufWriter.TensorType.F16;
            file.AddTensor(name, weight.shape, numbers, type);
        }
    }
}
