using BlobCaptioner.Pipeline.Jobs;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Jobs;

public sealed class ModelGateTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EnterAsync_Alone_WaitsForThoseInsideAndKeepsOthersOut()
    {
        var gate = new ModelGate(3);
        var first = await gate.EnterAsync(alone: false, Cancellation);
        var alone = gate.EnterAsync(alone: true, Cancellation);
        var later = gate.EnterAsync(alone: false, Cancellation);
        Assert.False(alone.IsCompleted);
        Assert.False(later.IsCompleted);
        first.Dispose();
        var only = await alone.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.False(later.IsCompleted);
        only.Dispose();
        (await later.WaitAsync(TimeSpan.FromSeconds(10), Cancellation)).Dispose();
    }

    [Fact]
    public async Task EnterAsync_TwoAlone_GoOneAfterTheOther()
    {
        var gate = new ModelGate(2);
        var one = await gate.EnterAsync(alone: true, Cancellation);
        var two = gate.EnterAsync(alone: true, Cancellation);
        Assert.False(two.IsCompleted);
        one.Dispose();
        (await two.WaitAsync(TimeSpan.FromSeconds(10), Cancellation)).Dispose();
    }

    [Fact]
    public async Task EnterAsync_AloneIsCancelled_GivesItsPlacesBack()
    {
        var gate = new ModelGate(3);
        using var cancel = new CancellationTokenSource();
        using var first = await gate.EnterAsync(alone: false, Cancellation);
        var alone = gate.EnterAsync(alone: true, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => alone);
        using var second = await gate.EnterAsync(alone: false, Cancellation).WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        using var third = await gate.EnterAsync(alone: false, Cancellation).WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }
}
