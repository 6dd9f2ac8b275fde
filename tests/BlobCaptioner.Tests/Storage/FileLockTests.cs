using BlobCaptioner.Storage;
using Xunit;

namespace BlobCaptioner.Tests.Storage;

public sealed class FileLockTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("captioner-lock-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TakeAsync_HeldByAnother_WaitsForItsEnd()
    {
        var path = Path.Combine(_folder, "x.lock");
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = await FileLock.TakeAsync(path, onWait: null, TimeProvider.System, Cancellation);

        var second = FileLock.TakeAsync(path, waiting.SetResult, TimeProvider.System, Cancellation);
        await waiting.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.False(second.IsCompleted);
        first.Dispose();

        (await second.WaitAsync(TimeSpan.FromSeconds(10), Cancellation)).Dispose();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
