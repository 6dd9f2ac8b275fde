using Azure;
using Azure.Storage.Blobs.Specialized;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Simulation.Facts;

public abstract class LeaseFacts(AzuriteFixture? azurite) : StorageFacts(azurite)
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Acquire_WhileItIsHeld_IsRefused()
    {
        await PutAsync(Blob, "a");
        var (mine, other) = (Blob.GetBlobLeaseClient(), Blob.GetBlobLeaseClient());
        await mine.AcquireAsync(Length, cancellationToken: Cancellation);
        Assert.Equal("409 LeaseAlreadyPresent", await AnswerAsync(() => other.AcquireAsync(Length, cancellationToken: Cancellation)));
        Assert.Equal("ok", await AnswerAsync(() => mine.AcquireAsync(Length, cancellationToken: Cancellation)));
        Assert.Equal("ok", await AnswerAsync(() => mine.RenewAsync(cancellationToken: Cancellation)));
        await mine.ReleaseAsync(cancellationToken: Cancellation);
        Assert.Equal("ok", await AnswerAsync(() => other.AcquireAsync(Length, cancellationToken: Cancellation)));
        Assert.Equal("409 LeaseIdMismatchWithLeaseOperation", await AnswerAsync(() => mine.RenewAsync(cancellationToken: Cancellation)));
        Assert.Equal("409 LeaseIdMismatchWithLeaseOperation", await AnswerAsync(() => mine.ReleaseAsync(cancellationToken: Cancellation)));
    }

    [Fact]
    public async Task Acquire_BlobIsNotThere_Is404() =>
        Assert.Equal("404 BlobNotFound", await AnswerAsync(() => Blob.GetBlobLeaseClient().AcquireAsync(Length, cancellationToken: Cancellation)));

    [Fact]
    public async Task Write_WhileAnotherHoldsTheLease_IsRefused()
    {
        await PutAsync(Blob, "a");
        var lease = Blob.GetBlobLeaseClient();
        await lease.AcquireAsync(Length, cancellationToken: Cancellation);
        Assert.Equal("412 LeaseIdMissing", await AnswerAsync(() => PutAsync(Blob, "b")));
        Assert.Equal("412 LeaseIdMissing", await AnswerAsync(() => Blob.DeleteAsync(cancellationToken: Cancellation)));
        Assert.Equal("412 LeaseIdMismatchWithBlobOperation", await AnswerAsync(() => PutAsync(Blob, "b", new() { LeaseId = $"{Guid.NewGuid()}" })));
        Assert.Equal("409 BlobAlreadyExists", await AnswerAsync(() => PutAsync(Blob, "b", new() { IfNoneMatch = ETag.All })));
        Assert.Equal("a", (await Blob.DownloadContentAsync(Cancellation)).Value.Content.ToString());

        await PutAsync(Blob, "b", new() { LeaseId = lease.LeaseId });
        Assert.Equal("412 LeaseIdMissing", await AnswerAsync(() => PutAsync(Blob, "c")));
        await lease.ReleaseAsync(cancellationToken: Cancellation);
        Assert.Equal("412 LeaseNotPresentWithBlobOperation", await AnswerAsync(() => PutAsync(Blob, "c", new() { LeaseId = lease.LeaseId })));
        Assert.Equal("ok", await AnswerAsync(() => PutAsync(Blob, "c")));
    }

    [Fact]
    public async Task Acquire_KeepsTheETag()
    {
        var written = await PutAsync(Blob, "a");
        var lease = Blob.GetBlobLeaseClient();
        await lease.AcquireAsync(Length, cancellationToken: Cancellation);
        await lease.RenewAsync(cancellationToken: Cancellation);
        Assert.Equal(written, (await Blob.GetPropertiesAsync(cancellationToken: Cancellation)).Value.ETag);
        Assert.Equal("ok", await AnswerAsync(() => PutAsync(Blob, "b", new() { LeaseId = lease.LeaseId, IfMatch = written })));
    }

    [Fact]
    public async Task Acquire_AfterItRanOut_IsGranted()
    {
        await PutAsync(Blob, "a");
        var (mine, other) = (Blob.GetBlobLeaseClient(), Blob.GetBlobLeaseClient());
        await mine.AcquireAsync(Length, cancellationToken: Cancellation);
        await ComesTrueAsync(async () => await AnswerAsync(() => other.AcquireAsync(Length, cancellationToken: Cancellation)) == "ok");
        Assert.Equal("409 LeaseIdMismatchWithLeaseOperation", await AnswerAsync(() => mine.RenewAsync(cancellationToken: Cancellation)));
        Assert.Equal("412 LeaseIdMismatchWithBlobOperation", await AnswerAsync(() => PutAsync(Blob, "b", new() { LeaseId = mine.LeaseId })));
    }

    [Theory]
    [InlineData(14)]
    [InlineData(61)]
    public async Task Acquire_LengthOutOfRange_IsRefused(int seconds)
    {
        await PutAsync(Blob, "a");
        Assert.Equal("400 InvalidHeaderValue", await AnswerAsync(() => Blob.GetBlobLeaseClient().AcquireAsync(TimeSpan.FromSeconds(seconds), cancellationToken: Cancellation)));
    }
}

public sealed class AzuriteLeaseFacts(AzuriteFixture azurite) : LeaseFacts(azurite);

public sealed class SimulatedLeaseFacts() : LeaseFacts(azurite: null);
