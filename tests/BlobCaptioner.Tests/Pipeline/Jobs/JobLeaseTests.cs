using System.Collections.Concurrent;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Tests.LocalStack;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Jobs;

public sealed class JobLeaseTests(AzuriteFixture azurite)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentQueue<Exception> _trouble = new();
    private readonly TaskCompletionSource _renewed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hold_HalfTheLeasePasses_RenewsIt()
    {
        var (queue, message) = await ReceiveAsync();
        await using var lease = new JobLease(queue, message, Lease, _time, _trouble.Enqueue);
        _time.Advance(Lease / 2);
        await _renewed.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        await Assert.ThrowsAsync<RequestFailedException>(() => queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Cancellation));
        await lease.CompleteAsync(Cancellation);
        Assert.Equal(0, (await queue.GetPropertiesAsync(Cancellation)).Value.ApproximateMessagesCount);
        Assert.Empty(_trouble);
    }

    [Fact]
    public async Task Hold_LessThanHalfTheLeasePasses_DoesNotRenew()
    {
        var (queue, message) = await ReceiveAsync();
        await using var lease = new JobLease(queue, message, Lease, _time, _trouble.Enqueue);
        _time.Advance((Lease / 2) - TimeSpan.FromMilliseconds(1));

        // The receipt of the first delivery still holds.
        await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Cancellation);
    }

    [Fact]
    public async Task Hold_SomebodyElseHasTheMessage_LeavesItAlone()
    {
        var (queue, message) = await ReceiveAsync();
        await using var lease = new JobLease(queue, message, Lease, _time, _trouble.Enqueue);
        await queue.UpdateMessageAsync(message.MessageId, message.PopReceipt, "theirs", TimeSpan.FromMinutes(1), Cancellation);
        _time.Advance(Lease / 2);
        await lease.CompleteAsync(Cancellation);
        await lease.ReturnAsync("mine", TimeSpan.Zero, Cancellation);
        Assert.Equal(1, (await queue.GetPropertiesAsync(Cancellation)).Value.ApproximateMessagesCount);
        Assert.Empty((await queue.PeekMessagesAsync(1, Cancellation)).Value);
    }

    [Fact]
    public async Task ReturnAsync_NoDelay_OthersSeeTheNewTextAtOnce()
    {
        var (queue, message) = await ReceiveAsync();
        await using var lease = new JobLease(queue, message, Lease, _time, _trouble.Enqueue);
        await lease.ReturnAsync("third", TimeSpan.Zero, Cancellation);
        var again = (await queue.ReceiveMessageAsync(cancellationToken: Cancellation)).Value;
        Assert.Equal("third", again.Body.ToString());

        // It no longer renews what is no longer its own.
        _time.Advance(Lease * 3);
        await queue.DeleteMessageAsync(again.MessageId, again.PopReceipt, Cancellation);
    }

    private async Task<(QueueClient Queue, QueueMessage Message)> ReceiveAsync()
    {
        var options = new QueueClientOptions();
        options.AddPolicy(new PutWatch(_renewed), HttpPipelinePosition.PerCall);
        var queue = new QueueClient(await azurite.GetConnectionStringAsync(Cancellation), AzuriteFixture.UniqueName("lease"), options);
        await queue.CreateAsync(cancellationToken: Cancellation);
        await queue.SendMessageAsync("first", Cancellation);
        return (queue, (await queue.ReceiveMessageAsync(Lease, Cancellation)).Value);
    }

    private sealed class PutWatch(TaskCompletionSource seen) : HttpPipelineSynchronousPolicy
    {
        public override void OnReceivedResponse(HttpMessage message)
        {
            if (message.Request.Method == RequestMethod.Put && message.Request.Uri.Path.Contains("/messages/", StringComparison.Ordinal))
            {
                seen.TrySetResult();
            }
        }
    }
}
