using System.Runtime.InteropServices;
using System.Text;

namespace BlobCaptioner.SampleModel.Export;

/// <summary>Writes a GGUF file, version 3 (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).</summary>
internal sealed class GgufWriter
{
    private const uint Magic = 0x46554747;
    private const int Alignment = 32;

    private readonly List<(string Key, Action<BinaryWriter> Write)> _values = [];
    private readonly List<(string Name, long[] Size, TensorType Type, byte[] Data)> _tensors = [];

    /// <summary>Number formats of tensors, with ggml's codes.</summary>
    public enum TensorType
    {
        /// <summary>32 bits.</summary>
        F32 = 0,

        /// <summary>16 bits.</summary>
        F16 = 1,
    }

    public void Add(string key, uint value) => Add(key, 4, w => w.Write(value));

    public void Add(string key, float value) => Add(key, 6, w => w.Write(value));

    public void Add(string key, bool value) => Add(key, 7, w => w.Write(value));

    public void Add(string key, string value) => Add(key, 8, w => Write(w, value));

    public void Add(string key, IReadOnlyList<int> values) => AddArray(key, 5, values, (w, v) => w.Write(v));

    public void Add(string key, IReadOnlyList<float> values) => AddArray(key, 6, values, (w, v) => w.Write(v));

    public void Add(string key, IReadOnlyList<bool> values) => AddArray(key, 7, values, (w, v) => w.Write(v));

    public void Add(string key, IReadOnlyList<string> values) => AddArray(key, 8, values, Write);

    /// <summary>Adds a tensor.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="size">The shape in PyTorch's order.</param>
    /// <param name="numbers">The values in row-major order.</param>
    /// <param name="type">The number format in the file.</param>
    public void AddTensor(string name, IEnumerable<long> size, ReadOnlySpan<float> numbers, TensorType type)
    {
        var data = type == TensorType.F32 ? MemoryMarshal.AsBytes(numbers) : MemoryMarshal.AsBytes<Half>(Array.ConvertAll(numbers.ToArray(), n => (Half)n));
        _tensors.Add((name, [.. size.Reverse()], type, data.ToArray()));
    }

    /// <summary>Writes the file, little-endian.</summary>
    public void Save(string path)
    {
        using var stream = File.Create(path);
        using var writer = new BinaryWriter(stream);
        writer.Write(Magic);
        writer.Write(3u);
        writer.Write((ulong)_tensors.Count);
        writer.Write((ulong)_values.Count);
        foreach (var (key, write) in _values)
        {
            Write(writer, key);
            write(writer);
        }

        ulong at = 0;
        foreach (var (name, size, type, data) in _tensors)
        {
            Write(writer, name);
            writer.Write((uint)size.Length);
            Array.ForEach(size, s => writer.Write((ulong)s));
            writer.Write((int)type);
            writer.Write(at);
            at += (ulong)((data.Length + Alignment - 1) / Alignment * Alignment);
        }

        Pad();
        foreach (var (_, _, _, data) in _tensors)
        {
            writer.Write(data);
            Pad();
        }

        void Pad()
        {
            writer.Flush();
            writer.Write(new byte[(Alignment - (stream.Position % Alignment)) % Alignment]);
        }
    }

    private void Add(string key, int type, Action<BinaryWriter> write)
    {
        _values.Add((key, WriteTyped));

        void WriteTyped(BinaryWriter writer)
        {
            writer.Write(type);
            write(writer);
        }
    }

    private void AddArray<T>(string key, int type, IReadOnlyList<T> values, Action<BinaryWriter, T> write) => Add(key, 9, w =>
    {
        w.Write(type);
        w.Write((ulong)values.Count);
        foreach (var value in values)
        {
            write(w, value);
        }
    });

    private static void Write(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}
