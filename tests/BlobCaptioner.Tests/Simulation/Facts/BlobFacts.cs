using Azure;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Simulation.Facts;

public abstract class BlobFacts(AzuriteFixture? azurite) : StorageFacts(azurite)
{
    [Fact]
    public async Task Upload_TheSameBytesAgain_GivesANewETag()
    {
        var first = await PutAsync(Blob, "a");
        var second = await PutAsync(Blob, "a");
        Assert.NotEqual(first, second);
        BlobProperties seen = await Blob.GetPropertiesAsync(cancellationToken: Cancellation);
        Assert.Equal(second, seen.ETag);
        Assert.Equal(1, seen.ContentLength);
    }

    [Fact]
    public async Task Upload_UnlessItExists_IsRefusedAs409()
    {
        await PutAsync(Blob, "a", new() { IfNoneMatch = ETag.All });
        Assert.Equal("409 BlobAlreadyExists", await AnswerAsync(() => PutAsync(Blob, "b", new() { IfNoneMatch = ETag.All })));
        Assert.Equal("a", (await Blob.DownloadContentAsync(Cancellation)).Value.Content.ToString());
    }

    [Fact]
    public async Task Upload_OnConditionOfAnETag_IsRefusedAs412AfterAnotherWrite()
    {
        var first = await PutAsync(Blob, "a");
        var second = await PutAsync(Blob, "b", new() { IfMatch = first });
        Assert.Equal("412 ConditionNotMet", await AnswerAsync(() => PutAsync(Blob, "c", new() { IfMatch = first })));
        await Blob.DeleteAsync(conditions: new() { IfMatch = second }, cancellationToken: Cancellation);
        Assert.Equal("412 ConditionNotMet", await AnswerAsync(() => PutAsync(Blob, "c", new() { IfMatch = second })));
    }

    [Fact]
    public async Task Read_ABlobOrContainerThatIsNotThere_IsTold()
    {
        Assert.Equal("404 BlobNotFound", await AnswerAsync(() => Blob.DownloadContentAsync(Cancellation)));
        Assert.Equal("404 BlobNotFound", await AnswerAsync(() => Blob.GetPropertiesAsync(cancellationToken: Cancellation)));
        Assert.Equal("404 BlobNotFound", await AnswerAsync(() => Blob.DeleteAsync(cancellationToken: Cancellation)));
        Assert.Equal("404 BlobNotFound", await AnswerAsync(() => Blob.SetMetadataAsync(new Dictionary<string, string>(), cancellationToken: Cancellation)));
        Assert.False(await Blob.DeleteIfExistsAsync(cancellationToken: Cancellation));
        Assert.False(await Blob.ExistsAsync(Cancellation));
        Assert.True(await Storage.Images.ExistsAsync(Cancellation));

        await Storage.Images.DeleteAsync(cancellationToken: Cancellation);
        Assert.Equal("404 ContainerNotFound", await AnswerAsync(() => Blob.DownloadContentAsync(Cancellation)));
        Assert.Equal("404 ContainerNotFound", await AnswerAsync(() => PutAsync(Blob, "a")));
        Assert.Equal("404 ContainerNotFound", await AnswerAsync(async () => await Storage.Images.GetBlobsAsync(new GetBlobsOptions(), Cancellation).ToListAsync(Cancellation)));
        Assert.False(await Storage.Images.ExistsAsync(Cancellation));
    }

    [Fact]
    public async Task Download_OnConditions_IsRefusedAs412Or304()
    {
        var first = await PutAsync(Blob, "a");
        var second = await PutAsync(Blob, "b");
        Assert.Equal("412 ConditionNotMet", await AnswerAsync(() => Blob.DownloadStreamingAsync(new() { Conditions = new() { IfMatch = first } }, Cancellation)));
        Assert.Equal("ok", await AnswerAsync(() => Blob.DownloadStreamingAsync(new() { Conditions = new() { IfMatch = second } }, Cancellation)));
        Assert.Equal("ok", await AnswerAsync(() => Blob.DownloadStreamingAsync(new() { Conditions = new() { IfNoneMatch = first } }, Cancellation)));
        var same = await Blob.DownloadStreamingAsync(new() { Conditions = new() { IfNoneMatch = second } }, Cancellation);
        Assert.Equal(304, same.GetRawResponse().Status);
    }

    [Fact]
    public async Task Download_ARange_HasItsBytesAndTheWholeLength()
    {
        await PutAsync(Blob, "0123456789");
        using BlobDownloadStreamingResult part = (await Blob.DownloadStreamingAsync(new() { Range = new(2, 3) }, Cancellation)).Value;
        Assert.Equal("234", (await BinaryData.FromStreamAsync(part.Content, Cancellation)).ToString());
        Assert.Equal("bytes 2-4/10", part.Details.ContentRange);

        // Azurite answers with nothing
        Assert.Equal(
            IsModel ? "416 InvalidRange" : "ok", await AnswerAsync(() => Blob.DownloadStreamingAsync(new() { Range = new(10, 3) }, Cancellation)));
    }

    [Fact]
    public async Task Delete_OnConditionOfAnETag_LeavesANewerVersion()
    {
        var first = await PutAsync(Blob, "a");
        var second = await PutAsync(Blob, "b");
        Assert.Equal("412 ConditionNotMet", await AnswerAsync(() => Blob.DeleteIfExistsAsync(conditions: new() { IfMatch = first }, cancellationToken: Cancellation)));
        Assert.True(await Blob.DeleteIfExistsAsync(conditions: new() { IfMatch = second }, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task SetMetadata_OfABlob_ReplacesItAndGivesANewETag()
    {
        var written = await PutAsync(Blob, "a", metadata: new() { ["MadeFrom"] = "x=/+", ["other"] = "1" });
        BlobProperties before = await Blob.GetPropertiesAsync(cancellationToken: Cancellation);
        Assert.Equal("x=/+", before.Metadata["madefrom"]);
        await Blob.SetMetadataAsync(new Dictionary<string, string> { ["madefrom"] = "y" }, new() { IfMatch = written }, Cancellation);
        var after = (await Blob.DownloadContentAsync(Cancellation)).Value;
        Assert.Equal(["madefrom"], after.Details.Metadata.Keys);
        Assert.NotEqual(written, after.Details.ETag);
        Assert.Equal("a", after.Content.ToString());
        Assert.Equal(
            "412 ConditionNotMet", await AnswerAsync(() => Blob.SetMetadataAsync(new Dictionary<string, string>(), new() { IfMatch = written }, Cancellation)));
    }

    [Fact]
    public async Task Answers_DateAndLastModified_AreOneClocksWholeSeconds()
    {
        await PutAsync(Blob, "a");
        var age = TimeSpan.Zero;
        await ComesTrueAsync(async () =>
        {
            var seen = await Blob.GetPropertiesAsync(cancellationToken: Cancellation);
            age = seen.GetRawResponse().Headers.Date!.Value - seen.Value.LastModified;
            Assert.InRange(age, TimeSpan.Zero, TimeSpan.FromMinutes(5));
            Assert.Equal(0, age.Ticks % TimeSpan.TicksPerSecond);
            return age >= TimeSpan.FromSeconds(1);
        });

        await PutAsync(Blob, "a");
        var again = await Blob.GetPropertiesAsync(cancellationToken: Cancellation);
        Assert.True(again.GetRawResponse().Headers.Date - again.Value.LastModified <= age);
    }

    [Fact]
    public async Task Create_AContainerOrQueueThatIsThere_IsNoError()
    {
        await Storage.CreateIfNotExistsAsync(Cancellation);
        Assert.Equal("409 ContainerAlreadyExists", await AnswerAsync(() => Storage.Images.CreateAsync(cancellationToken: Cancellation)));
        Assert.Equal("ok", await AnswerAsync(() => Storage.Captions.CreateAsync(cancellationToken: Cancellation)));
    }

    [Theory]
    [InlineData("a\u0001b.jpg")]
    [InlineData("a\nb.jpg")]
    public async Task Upload_NameWithAControlCharacter_IsRefusedByAzureOnly(string name)
    {
        var blob = Storage.Images.GetBlobClient(name);
        if (IsModel)
        {
            Assert.StartsWith("400 ", await AnswerAsync(() => PutAsync(blob, "a")), StringComparison.Ordinal);
            return;
        }

        // Azurite takes it
        Assert.Equal("ok", await AnswerAsync(() => PutAsync(blob, "a")));
        Assert.Equal("a", (await blob.DownloadContentAsync(Cancellation)).Value.Content.ToString());
    }

    [Fact]
    public async Task Upload_NameOf1025Characters_IsRefusedByAzureOnly()
    {
        Assert.Equal("ok", await AnswerAsync(() => PutAsync(Storage.Images.GetBlobClient(new('x', ImageNames.MaxLength)), "a")));
        var answer = await AnswerAsync(() => PutAsync(Storage.Images.GetBlobClient(new('x', ImageNames.MaxLength + 1)), "a"));
        Assert.Equal(IsModel ? "400 InvalidUri" : "ok", answer);
    }
}

public sealed class AzuriteBlobFacts(AzuriteFixture azurite) : BlobFacts(azurite);

public sealed class SimulatedBlobFacts() : BlobFacts(azurite: null);
