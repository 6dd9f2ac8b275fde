using BlobCaptioner.Storage;
using Microsoft.Extensions.Options;
using Xunit;

namespace BlobCaptioner.Tests.Storage;

public sealed class CaptionStorageTests
{
    [Fact]
    public void Connect_AccountAddress_DerivesTheQueuesAddress()
    {
        var storage = CaptionStorage.Connect("https://shop.blob.core.windows.net");
        Assert.Equal(new Uri("https://shop.blob.core.windows.net/images"), storage.Images.Uri);
        Assert.Equal(new Uri("https://shop.queue.core.windows.net/captions"), storage.Captions.Uri);
        Assert.Equal("captions-poison", storage.Poison.Name);
    }

    [Fact]
    public void Connect_DevelopmentStorage_IsAzurite() =>
        Assert.Equal(10000, CaptionStorage.Connect("UseDevelopmentStorage=true").Prepared.Uri.Port);

    [Theory]
    [InlineData("nonsense")]
    [InlineData("https://example.com")]
    [InlineData("AccountName=half")]
    public void Connect_NoConnection_SaysWhatOneLooksLike(string connection)
    {
        var error = Assert.Throws<ArgumentException>(() => CaptionStorage.Connect(connection));
        Assert.Contains("https://ACCOUNT.blob.core.windows.net", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Connect_OptionOutOfRange_NamesIt()
    {
        var error = Assert.Throws<OptionsValidationException>(() => CaptionStorage.Connect("UseDevelopmentStorage=true", new() { MaxRetries = 11 }));
        Assert.Contains("MaxRetries", error.Message, StringComparison.Ordinal);
    }
}
