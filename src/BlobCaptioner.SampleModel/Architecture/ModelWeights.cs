using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BlobCaptioner.SampleModel.Architecture;

/// <summary>All weights by their names in GGUF files (llama.cpp, gguf-py/gguf/constants.py). Shapes are in PyTorch's order: [out, in].</summary>
internal sealed class ModelWeights
{
    private readonly Dictionary<string, Parameter> _all = new(StringComparer.Ordinal);
    private readonly HashSet<string> _vision = new(StringComparer.Ordinal);

    /// <summary>Draws new weights from torch's generator.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="vocabulary">Number of tokens.</param>
    public ModelWeights(ModelShape shape, int vocabulary)
    {
        AddVision(shape);
        AddText(shape, vocabulary);
    }

    /// <summary>All names, the vision tower's first.</summary>
    public IReadOnlyCollection<string> Names => _all.Keys;

    public Tensor this[string name] => _all[name];

    /// <summary>True for weights of the vision tower, which go into the mmproj file.</summary>
    public bool IsVision(string name) => _vision.Contains(name);

    /// <summary>Writes all weights as 32-bit floats in the order of <see cref="Names"/>.</summary>
    public void Save(string path) => Write(path, _all.Values);

    /// <summary>Reads a file of <see cref="Save"/>.</summary>
    /// <exception cref="InvalidDataException">The file has another size: its model has another shape or other tokens.</exception>
    public void Load(string path)
    {
        using var file = File.OpenRead(path);
        var expected = _all.Values.Sum(w => w.numel()) * sizeof(float);
        if (file.Length != expected)
        {
            throw new InvalidDataException($"'{path}' has {file.Length} bytes; this model's weights have {expected}. The file is of a model with other sizes or tokens. Train anew, without --resume.");
        }

        Read(file, _all.Values);
    }

    /// <summary>Reads the vision tower from a file of <see cref="Save"/>. The file's model may have other tokens.</summary>
    public void LoadVision(string path)
    {
        using var file = File.OpenRead(path);
        Read(file, _all.Where(w => IsVision(w.Key)).Select(w => w.Value));
    }

    /// <summary>Writes weights as 32-bit floats.</summary>
    public static void Write(string path, IEnumerable<Parameter> weights)
    {
        using var writer = new BinaryWriter(File.Create(path));
        foreach (var weight in weights)
        {
            writer.Write(MemoryMarshal.AsBytes<float>(Numbers(weight)));
        }
    }

    /// <summary>Reads a file of <see cref="Write"/>.</summary>
    /// <exception cref="EndOfStreamException">The file is too short.</exception>
    public static void Read(FileStream file, IEnumerable<Parameter> weights)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var weight in weights)
        {
            var numbers = new float[weight.numel()];
            file.ReadExactly(MemoryMarshal.AsBytes(numbers.AsSpan()));
            weight.copy_(tensor(numbers).reshape(weight.shape));
        }
    }

    /// <summary>Copies a tensor's values in row-major order.</summary>
    public static float[] Numbers(Tensor weight)
    {
        using var scope = NewDisposeScope();
        return [.. weight.detach().contiguous().data<float>()];
    }

    private void AddVision(ModelShape shape)
    {
        var width = shape.VisionWidth;
        var merged = ModelShape.Merge * ModelShape.Merge * width;
        Add("v.patch_embd.weight", true, 0.02, width, ModelShape.PatchInputs);
        Add("v.patch_embd.bias", true, 0, width);
        Add("v.position_embd.weight", true, 0.02, ModelShape.Grid * ModelShape.Grid, width);
        for (var layer = 0; layer < shape.VisionLayers; layer++)
        {
            var name = $"v.blk.{layer}.";
            AddNorm(name + "ln1", width);
            AddNorm(name + "ln2", width);
            AddLinear(name + "attn_qkv", true, 0.05, 3 * width, width);
            AddLinear(name + "attn_out", true, 0.03, width, width);
            AddLinear(name + "ffn_up", true, 0.05, shape.VisionInner, width);
            AddLinear(name + "ffn_down", true, 0.03, width, shape.VisionInner);
        }

        AddNorm("v.post_ln", width);
        AddLinear("mm.0", true, 0.04, shape.MergerInner, merged);
        AddLinear("mm.2", true, 0.04, shape.Width, shape.MergerInner);
        foreach (var layer in shape.DeepStack)
        {
            var name = $"v.deepstack.{layer}.";
            AddNorm(name + "norm", merged);
            AddLinear(name + "fc1", true, 0.04, shape.MergerInner, merged);
            AddLinear(name + "fc2", true, 0.02, shape.Width, shape.MergerInner);
        }
    }

    private void AddText(ModelShape shape, int vocabulary)
    {
        Add("token_embd.weight", false, 0.05, vocabulary, shape.Width);
        Add("output_norm.weight", false, 1, shape.Width);
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            var name = $"blk.{layer}.";
            Add(name + "attn_norm.weight", false, 1, shape.Width);
            Add(name + "ffn_norm.weight", false, 1, shape.Width);
            Add(name + "attn_q.weight", false, 0.05, shape.Heads * shape.HeadSize, shape.Width);
            Add(name + "attn_k.weight", false, 0.05, shape.KeyHeads * shape.HeadSize, shape.Width);
            Add(name + "attn_v.weight", false, 0.05, shape.KeyHeads * shape.HeadSize, shape.Width);
            Add(name + "attn_output.weight", false, 0.03, shape.Width, shape.Heads * shape.HeadSize);
            Add(name + "attn_q_norm.weight", false, 1, shape.HeadSize);
            Add(name + "attn_k_norm.weight", false, 1, shape.HeadSize);
            Add(name + "ffn_gate.weight", false, 0.05, shape.Inner, shape.Width);
            Add(name + "ffn_up.weight", false, 0.05, shape.Inner, shape.Width);
            Add(name + "ffn_down.weight", false, 0.03, shape.Width, shape.Inner);
        }
    }

    private void AddNorm(string name, long width)
    {
        Add(name + ".weight", true, 1, width);
        Add(name + ".bias", true, 0, width);
    }

    private void AddLinear(string name, bool isVision, double deviation, long outputs, long inputs)
    {
        Add(name + ".weight", isVision, deviation, outputs, inputs);
        Add(name + ".bias", isVision, 0, outputs);
    }

    // deviation: 0 gives zeros, 1 gives ones, any other number is the standard deviation of random weights
    private void Add(string name, bool isVision, double deviation, params long[] size)
    {
        _all[name] = new Parameter(deviation switch { 0 => zeros(size), 1 => ones(size), _ => randn(size) * deviation });
        if (isVision)
        {
            _vision.Add(name);
        }
    }
}
