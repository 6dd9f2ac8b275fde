using BlobCaptioner.Models;
using Xunit;

namespace BlobCaptioner.Tests.Models;

public sealed class ModelCatalogTests
{
    [Theory]
    [InlineData("qwen3-vl-8b-q4_k_m", "Qwen3VL-8B-Instruct-Q4_K_M.gguf", 5_027_784_800, "67d1659bfe71b89d50b45a4ad1a9e5b997e5bb16ce5da66a6a6167abd569e9e2")]
    [InlineData("qwen3-vl-8b-q8_0", "Qwen3VL-8B-Instruct-Q8_0.gguf", 8_709_519_456, "0d264b3941185d00a74f75c4245521dae088ff1efc90ab8d1754e83f5844adb0")]
    [InlineData("qwen3-vl-8b-f16", "Qwen3VL-8B-Instruct-F16.gguf", 16_388_044_896, "2715c1a097f1943fb88ad59c7c0e9288a7a50c84d60cf18c6227bd9a40520972")]
    public void BuiltIn_EachModel_IsWhatWasPublished(string name, string file, long bytes, string sha256)
    {
        var model = ModelCatalog.BuiltIn.Get(name);
        Assert.Equal((file, bytes, sha256), (model.Text.Name, model.Text.Bytes, model.Text.Sha256));
        Assert.Equal("Apache-2.0", model.Licence);
        Assert.True(model.MemoryBytes > model.Text.Bytes + model.Vision[0].Bytes);
        var f16 = model.VisionIn(null);
        Assert.Equal(
            ("mmproj-Qwen3VL-8B-Instruct-F16.gguf", 1_159_029_824L, "ca524100ebf825c9a870db1c580d03879e0da0ab2541697e2458e64891cf9d38"),
            (f16.Name, f16.Bytes, f16.Sha256));
        var q8 = model.VisionIn("q8_0");
        Assert.Equal(
            ("mmproj-Qwen3VL-8B-Instruct-Q8_0.gguf", 752_289_728L, "c6ba85508d82f42590e6eb77d5340369ab6fecf107a7561d809523d8aa5f3bfd"),
            (q8.Name, q8.Bytes, q8.Sha256));
    }

    [Fact]
    public void BuiltIn_Models_AreAllKnownHere() =>
        Assert.Equal(["qwen3-vl-8b-q4_k_m", "qwen3-vl-8b-q8_0", "qwen3-vl-8b-f16"], ModelCatalog.BuiltIn.Models.Select(m => m.Name));

    [Theory]
    [InlineData(null, null, "https://huggingface.co/Qwen/Qwen3-VL-8B-Instruct-GGUF/resolve/f982a07559d4a2f6c8744d840bf6fccab30eea96/Qwen3VL-8B-Instruct-Q4_K_M.gguf")]
    [InlineData("ModelScope", null, "https://modelscope.cn/models/Qwen/Qwen3-VL-8B-Instruct-GGUF/resolve/master/Qwen3VL-8B-Instruct-Q4_K_M.gguf")]
    [InlineData(null, "https://hf.example.com/", "https://hf.example.com/Qwen/Qwen3-VL-8B-Instruct-GGUF/resolve/f982a07559d4a2f6c8744d840bf6fccab30eea96/Qwen3VL-8B-Instruct-Q4_K_M.gguf")]
    [InlineData(null, "https://a.example.com/m/{file}?sv=key", "https://a.example.com/m/Qwen3VL-8B-Instruct-Q4_K_M.gguf?sv=key")]
    public void GetSource_EachKind_LeadsToTheFile(string? source, string? mirror, string address)
    {
        var model = ModelCatalog.BuiltIn.Models[0];
        Assert.Equal(address, ModelCatalog.BuiltIn.GetSource(source, mirror).AddressOf(model, model.Text).ToString());
    }

    [Fact]
    public void GetSource_AMirror_GetsNoToken()
    {
        Assert.Equal("HF_TOKEN", ModelCatalog.BuiltIn.GetSource(null, null).TokenVariable);
        Assert.Null(ModelCatalog.BuiltIn.GetSource(null, "https://hf.example.com").TokenVariable);
    }

    [Theory]
    [InlineData("ftp://x/{file}")]
    [InlineData("nonsense")]
    public void GetSource_NoHttpMirror_SaysWhatOneLooksLike(string mirror) =>
        Assert.Contains("{file}", Assert.Throws<ModelException>(() => ModelCatalog.BuiltIn.GetSource(null, mirror)).Message, StringComparison.Ordinal);

    [Fact]
    public void Get_UnknownName_ListsTheNames() =>
        Assert.Contains("qwen3-vl-8b-q4_k_m", Assert.Throws<ModelException>(() => ModelCatalog.BuiltIn.Get("qwen")).Message, StringComparison.Ordinal);
}
