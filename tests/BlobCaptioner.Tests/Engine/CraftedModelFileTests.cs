using System.Text;
using BlobCaptioner.Engine;
using BlobCaptioner.Engine.Decoding;
using BlobCaptioner.Inference;
using Xunit;

namespace BlobCaptioner.Tests.Engine;

/// <summary>GGUF files made to harm: each is refused with its reason, without following the lengths and counts that it states.</summary>
public sealed class CraftedModelFileTests : IDisposable
{
    private const uint Unsigned = 4;
    private const uint Text = 8;
    private const uint Array = 9;

    private readonly string _folder = Directory.CreateTempSubdirectory("captioner-crafted-").FullName;

    public static TheoryData<string, string> Crafted => new()
    {
        { "tensors", "announces 18,446,744,073,709,551,615 tensors" },
        { "values", "and 18,446,744,073,709,551,615 values" },
        { "deep arrays", "arrays more than 4 levels deep" },
        { "wrapping array", "an array of 2,305,843,009,213,693,952 values" },
        { "long strings array", "an array of 1,099,511,627,776 values" },
        { "array beyond the end", "is cut" },
        { "long key", "a name of 2,000,000,000 bytes; the limit is 65,535" },
        { "endless key", "a name of 18,446,744,073,709,551,615 bytes" },
        { "endless text", "is cut" },
        { "unknown type", "unknown type 77" },
        { "unknown array type", "unknown type 77" },
        { "dimensions", "a tensor has 4,294,967,295 dimensions; the limit is 4" },
        { "wrapping tensor", "more values than any file can hold" },
        { "wrapping offset", "is cut: it has" },
    };

    [Theory]
    [MemberData(nameof(Crafted))]
    public void Read_CraftedFile_IsRefusedInLittleMemory(string kind, string says)
    {
        var path = Write(kind, w => Fill(kind, w));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<SequenceDecoderException>(() => GgufFile.Read(path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Contains($"'{path}' is ", error.Message, StringComparison.Ordinal);
        Assert.Contains("Download or copy it again.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SparseHeadOfTwoGigabytes_EndsAtTheLimit()
    {
        // The file is as long as it says, and holds nothing: only the limit of the head ends it.
        var path = Write("sparse", w =>
        {
            Head(w, tensors: 0, values: 2);
            Key(w, "a", Text);
            w.Write(1_900_000_000UL);
        });
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write))
        {
            file.SetLength(2_000_000_000);
        }

        Assert.Contains("its head is longer than 1,073,741,824 bytes", Assert.Throws<SequenceDecoderException>(() => GgufFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("block_count", uint.MaxValue, "its block_count is 4,294,967,295; the limit is 500,000")]
    [InlineData("attention.head_count", 0U, "does not state its attention.head_count")]
    public void Estimate_NumbersOfNoModel_AreRefused(string name, uint value, string says)
    {
        var path = Write("numbers", w =>
        {
            Head(w, tensors: 0, values: 4);
            Key(w, "general.architecture", Text);
            Put(w, "q");
            foreach (var (key, number) in new Dictionary<string, uint> { ["block_count"] = 2, ["embedding_length"] = 64, ["attention.head_count"] = 4, [name] = value })
            {
                Key(w, "q." + key, Unsigned);
                w.Write(number);
            }
        });
        var options = BundledModel.Options with { TextModelPath = path };
        Assert.Contains(says, Assert.Throws<SequenceDecoderException>(() => ModelMemory.Estimate(options, 100, isOnGpu: false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ArraysInsideArrays_AreSkippedWithinTheLimit()
    {
        var path = Write("nested", w =>
        {
            Head(w, tensors: 0, values: 1);
            Key(w, "a", Array);
            w.Write(Array);
            w.Write(2UL);
            for (var i = 0; i < 2; i++)
            {
                w.Write(Text);
                w.Write(1UL);
                Put(w, "x");
            }
        });
        Assert.Equal(new FileInfo(path).Length, GgufFile.Read(path).Bytes);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Fill(string kind, BinaryWriter w)
    {
        switch (kind)
        {
            case "tensors":
                Head(w, ulong.MaxValue, 0);
                break;
            case "values":
                Head(w, 0, ulong.MaxValue);
                break;
            case "deep arrays":
                // Without a limit, a million levels overflow the stack.
                Head(w, 0, 1);
                Key(w, "a", Array);
                for (var i = 0; i < 1_000_000; i++)
                {
                    w.Write(Array);
                    w.Write(1UL);
                }

                break;
            case "wrapping array":
                // 2^61 numbers of 8 bytes are 0 bytes in 64 bits.
                Head(w, 0, 1);
                Key(w, "tokenizer.ggml.tokens", Array);
                w.Write(10U);
                w.Write(1UL << 61);
                break;
            case "long strings array":
                Head(w, 0, 1);
                Key(w, "a", Array);
                w.Write(Text);
                w.Write(1UL << 40);
                break;
            case "array beyond the end":
                Head(w, 0, 1);
                Key(w, "a", Array);
                w.Write(Text);
                w.Write(1_000_000UL);
                break;
            case "long key":
                Head(w, 0, 1);
                w.Write(2_000_000_000UL);
                break;
            case "endless key":
                Head(w, 0, 1);
                w.Write(ulong.MaxValue);
                break;
            case "endless text":
                Head(w, 0, 1);
                Key(w, "a", Text);
                w.Write(ulong.MaxValue);
                break;
            case "unknown type":
                Head(w, 0, 1);
                Key(w, "a", 77);
                break;
            case "unknown array type":
                Head(w, 0, 1);
                Key(w, "a", Array);
                w.Write(77U);
                w.Write(1UL);
                break;
            case "dimensions":
                Head(w, 1, 0);
                Put(w, "t");
                w.Write(uint.MaxValue);
                break;
            case "wrapping tensor":
                Tensor(w, offset: 0, 1UL << 32, 1UL << 32, 1);
                break;
            case "wrapping offset":
                // Offset and length are 4 in 64 bits.
                Tensor(w, offset: ulong.MaxValue, 1);
                break;
            default:
                throw new ArgumentException($"There is no file '{kind}'.", nameof(kind));
        }
    }

    private string Write(string name, Action<BinaryWriter> fill)
    {
        var path = Path.Combine(_folder, name + ".gguf");
        using var writer = new BinaryWriter(File.Create(path));
        fill(writer);
        return path;
    }

    private static void Head(BinaryWriter w, ulong tensors, ulong values)
    {
        w.Write("GGUF"u8);
        w.Write(3U);
        w.Write(tensors);
        w.Write(values);
    }

    private static void Key(BinaryWriter w, string name, uint type)
    {
        Put(w, name);
        w.Write(type);
    }

    private static void Put(BinaryWriter w, string text)
    {
        w.Write((ulong)text.Length);
        w.Write(Encoding.UTF8.GetBytes(text));
    }

    private static void Tensor(BinaryWriter w, ulong offset, params ulong[] dimensions)
    {
        Head(w, 1, 0);
        Put(w, "t");
        w.Write((uint)dimensions.Length);
        foreach (var dimension in dimensions)
        {
            w.Write(dimension);
        }

        w.Write(0U);
        w.Write(offset);
        w.Write(new byte[64]);
    }
}
