using System.Security.Cryptography;
using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Inference;
using Xunit;

namespace BlobCaptioner.Tests.Engine;

public sealed class ModelFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("captioner-gguf-").FullName;

    [Fact]
    public void Load_MissingFile_NamesIt()
    {
        var error = Fail(o => o with { TextModelPath = Path.Combine(_folder, "none.gguf") });
        Assert.Contains("There is no model file", error.Message, StringComparison.Ordinal);
        Assert.Contains("none.gguf", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hello, this is text", "is not a GGUF file")]
    [InlineData("version https://git-lfs.github.com/spec/v1", "git lfs pull")]
    [InlineData("", "is not a GGUF file")]
    [InlineData("GGUF", "is cut")]
    public async Task Load_NotAModel_SaysWhatToDo(string content, string expected)
    {
        var path = Path.Combine(_folder, "model.gguf");
        await File.WriteAllTextAsync(path, content, TestContext.Current.CancellationToken);

        Assert.Contains(expected, Fail(o => o with { TextModelPath = path }).Message, StringComparison.Ordinal);
        Assert.Contains(expected, Fail(o => o with { VisionModelPath = path }).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.5)]
    [InlineData(0.9999)]
    public async Task Load_CutFile_SaysSo(double part)
    {
        var text = await CopyAsync(BundledModel.TextModelPath, b => b[..(int)(b.Length * part)]);
        var vision = await CopyAsync(BundledModel.VisionModelPath, b => b[..(int)(b.Length * part)]);

        Assert.Contains("is cut", Fail(o => o with { TextModelPath = text }).Message, StringComparison.Ordinal);
        Assert.Contains("is cut", Fail(o => o with { VisionModelPath = vision }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SwappedFiles_AsksWhetherTheyAre()
    {
        var error = Fail(o => o with { TextModelPath = o.VisionModelPath, VisionModelPath = o.TextModelPath });
        Assert.Contains("swapped", error.Message, StringComparison.Ordinal);

        error = Fail(o => o with { VisionModelPath = o.TextModelPath });
        Assert.Contains("not a vision tower", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_VisionTowerOfAnotherModel_SaysThatTheyDontFit()
    {
        // One deepstack layer fewer makes its embeddings narrower.
        var vision = await CopyAsync(BundledModel.VisionModelPath, b =>
        {
            var renamed = 0;
            for (int at; (at = b.AsSpan().IndexOf("v.deepstack.2."u8)) >= 0; renamed++)
            {
                "v.deepstacK.2."u8.CopyTo(b.AsSpan(at));
            }

            Assert.True(renamed > 0);
            return b;
        });

        var error = Fail(o => o with { VisionModelPath = vision });

        Assert.Contains("mismatch", error.Message, StringComparison.Ordinal);
        Assert.Contains("published with that model", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_UnknownArchitecture_GivesLlamasReason()
    {
        var text = await CopyAsync(BundledModel.TextModelPath, b =>
        {
            var at = b.AsSpan().IndexOf("qwen3vl"u8);
            "qwen9vl"u8.CopyTo(b.AsSpan(at));
            return b;
        });

        Assert.Contains("qwen9vl", Fail(o => o with { TextModelPath = text }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ModelHash_SampleModel_IsOverBothFiles()
    {
        using var decoder = SampleDecoder.Load();
        byte[] both =
        [
            .. await File.ReadAllBytesAsync(BundledModel.TextModelPath, TestContext.Current.CancellationToken),
            .. await File.ReadAllBytesAsync(BundledModel.VisionModelPath, TestContext.Current.CancellationToken),
        ];

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(both)), decoder.Info.ModelHash);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string> CopyAsync(string source, Func<byte[], byte[]> change)
    {
        var path = Path.Combine(_folder, Guid.NewGuid().ToString("N") + ".gguf");
        await File.WriteAllBytesAsync(path, change(await File.ReadAllBytesAsync(source, TestContext.Current.CancellationToken)), TestContext.Current.CancellationToken);
        return path;
    }

    private static SequenceDecoderException Fail(Func<DecoderOptions, DecoderOptions> change) => Assert.Throws<SequenceDecoderException>(() => SampleDecoder.Load(change).Dispose());
}
