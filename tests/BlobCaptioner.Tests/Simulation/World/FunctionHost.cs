using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Tests.Simulation.Scheduling;

namespace BlobCaptioner.Tests.Simulation.World;

/// <summary>
/// A Functions host as the queue trigger's documentation describes it: it takes messages for ten minutes, renews them while their function runs, deletes them when it
/// returns, gives them back when it throws, and moves them to the poison queue after five deliveries. Another function reads the poison queue.
/// </summary>
internal sealed class FunctionHost(SimulatedProcess process, CaptionJobHandler handler, PoisonMarker marker)
{
    private const int MostDeliveries = 5;
    private const int Batch = 4;
    private static readonly TimeSpan Hidden = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan FunctionTimeout = TimeSpan.FromMinutes(6);

    private readonly QueueClient _jobs = process.Storage.Captions;
    private readonly QueueClient _poison = process.Storage.Poison;

    public SimulatedProcess Process => process;

    public int InHand { get; private set; }

    public async Task RunAsync()
    {
        while (true)
        {
            await PollAsync(_jobs, DescribeAsync, Batch - InHand);
            await PollAsync(_poison, (message, cancel) => marker.MarkJobAsync(message.Body.ToString(), cancel), Batch - InHand);
            await Task.Delay(TimeSpan.FromSeconds(20), process.Time);
        }
    }

    private async Task PollAsync(QueueClient queue, Func<QueueMessage, CancellationToken, Task> function, int most)
    {
        if (most <= 0)
        {
            return;
        }

        try
        {
            foreach (var message in (await queue.ReceiveMessagesAsync(most, Hidden)).Value)
            {
                _ = InvokeAsync(queue, message, function);
            }
        }
        catch (Exception error) when (error is not NotSupportedException)
        {
        }
    }

    private async Task InvokeAsync(QueueClient queue, QueueMessage message, Func<QueueMessage, CancellationToken, Task> function)
    {
        InHand++;
        var receipt = message.PopReceipt;
        using var ended = new CancellationTokenSource();
        var renewing = RenewAsync(ended.Token);
        try
        {
            var isOver = false;
            if (message.DequeueCount <= MostDeliveries)
            {
                try
                {
                    using var timeout = new CancellationTokenSource(FunctionTimeout, process.Time);
                    await function(message, timeout.Token);
                    isOver = true;
                }
                catch (Exception error) when (error is not NotSupportedException)
                {
                }
            }

            ended.Cancel();
            await renewing;
            if (!isOver && message.DequeueCount < MostDeliveries)
            {
                await queue.UpdateMessageAsync(message.MessageId, receipt, message.Body, TimeSpan.Zero);
                return;
            }

            if (!isOver && queue == _jobs)
            {
                await _poison.SendMessageAsync(message.Body, timeToLive: TimeSpan.FromSeconds(-1));
            }

            await queue.DeleteMessageAsync(message.MessageId, receipt);
        }
        catch (Exception error) when (error is not NotSupportedException)
        {
        }
        finally
        {
            InHand--;
        }

        async Task RenewAsync(CancellationToken cancellationToken)
        {
            try
            {
                while (true)
                {
                    await Task.Delay(Hidden / 2, process.Time, cancellationToken);
                    receipt = (await queue.UpdateMessageAsync(message.MessageId, receipt, message.Body, Hidden, cancellationToken)).Value.PopReceipt;
                }
            }
            catch (Exception error) when (error is RequestFailedException or OperationCanceledException)
            {
            }
        }
    }

    private async Task DescribeAsync(QueueMessage message, CancellationToken cancellationToken)
    {
        var delivery = new Delivery(_jobs, message);
        await handler.HandleAsync(delivery, cancellationToken, cancellationToken);
        if (!delivery.IsSettled)
        {
            throw new InvalidOperationException("The job is neither done nor back in the queue.");
        }
    }

    private sealed class Delivery(QueueClient queue, QueueMessage message) : JobDelivery
    {
        public override string Id => message.MessageId;

        public override string Text => message.Body.ToString();

        public override long DequeueCount => message.DequeueCount;

        public bool IsSettled { get; private set; }

        public override Task CompleteAsync(CancellationToken cancellationToken)
        {
            IsSettled = true;
            return Task.CompletedTask;
        }

        public override async Task ReturnAsync(string text, TimeSpan delay, CancellationToken cancellationToken)
        {
            await queue.SendMessageAsync(text, delay, TimeSpan.FromSeconds(-1), cancellationToken);
            IsSettled = true;
        }
    }
}
