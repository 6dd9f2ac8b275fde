using Azure.Storage.Queues.Models;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Simulation.Facts;

public abstract class QueueFacts(AzuriteFixture? azurite) : StorageFacts(azurite)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Receive_ThreeMessages_AreHiddenCountedAndInOrder()
    {
        foreach (var text in new[] { "one", "two", "three <&> 日" })
        {
            await SendAsync(text);
        }

        var messages = await ReceiveAsync(Minute);
        Assert.Equal(["one", "two", "three <&> 日"], messages.Select(m => m.Body.ToString()));
        Assert.All(messages, m => Assert.Equal(1, m.DequeueCount));
        Assert.All(messages, m => Assert.True(m.NextVisibleOn > m.InsertedOn));
        Assert.Empty(await ReceiveAsync(Minute));
        Assert.Empty((await Storage.Captions.PeekMessagesAsync(32, Cancellation)).Value);
        Assert.Equal(3, await CountAsync());
    }

    [Fact]
    public async Task Receive_HiddenTimeIsOver_DeliversItAgainWithANewReceipt()
    {
        await SendAsync("one");
        var first = Assert.Single(await ReceiveAsync(TimeSpan.FromSeconds(1)));
        QueueMessage[] again = [];
        await ComesTrueAsync(async () => (again = await ReceiveAsync(Minute)).Length > 0);
        Assert.Equal((first.MessageId, 2), (again[0].MessageId, again[0].DequeueCount));
        Assert.Equal(first.InsertedOn, again[0].InsertedOn);
        Assert.NotEqual(first.PopReceipt, again[0].PopReceipt);
        Assert.Equal("400 PopReceiptMismatch", await AnswerAsync(() => DeleteAsync(first.MessageId, first.PopReceipt)));
        Assert.Equal("400 PopReceiptMismatch", await AnswerAsync(() => UpdateAsync(first.MessageId, first.PopReceipt)));
        Assert.Equal("ok", await AnswerAsync(() => DeleteAsync(again[0].MessageId, again[0].PopReceipt)));
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task Delete_HiddenTimeIsOverButNobodyHasIt_StillWorks()
    {
        await SendAsync("one");
        var message = Assert.Single(await ReceiveAsync(TimeSpan.FromSeconds(1)));
        await ComesTrueAsync(async () => (await Storage.Captions.PeekMessagesAsync(32, Cancellation)).Value.Length > 0);
        Assert.Equal("ok", await AnswerAsync(() => DeleteAsync(message.MessageId, message.PopReceipt)));
    }

    [Fact]
    public async Task Update_GivesANewReceiptAndKeepsOrReplacesTheText()
    {
        await SendAsync("one");
        var message = Assert.Single(await ReceiveAsync(Minute));
        UpdateReceipt kept = await Storage.Captions.UpdateMessageAsync(message.MessageId, message.PopReceipt, (string?)null, Minute, Cancellation);
        Assert.Equal("400 PopReceiptMismatch", await AnswerAsync(() => UpdateAsync(message.MessageId, message.PopReceipt)));
        UpdateReceipt replaced = await Storage.Captions.UpdateMessageAsync(message.MessageId, kept.PopReceipt, "two", TimeSpan.Zero, Cancellation);
        Assert.NotEqual(kept.PopReceipt, replaced.PopReceipt);
        var again = Assert.Single(await ReceiveAsync(Minute));
        Assert.Equal(("two", 2), (again.Body.ToString(), again.DequeueCount));
    }

    [Fact]
    public async Task Update_WithoutText_KeepsItInTheQueue()
    {
        await SendAsync("one");
        var message = Assert.Single(await ReceiveAsync(Minute));
        await Storage.Captions.UpdateMessageAsync(message.MessageId, message.PopReceipt, visibilityTimeout: TimeSpan.Zero, cancellationToken: Cancellation);
        Assert.Equal("one", Assert.Single(await ReceiveAsync(Minute)).Body.ToString());
    }

    [Fact]
    public async Task DeleteAndUpdate_MessageIsGone_Is404()
    {
        await SendAsync("one");
        var message = Assert.Single(await ReceiveAsync(Minute));
        await DeleteAsync(message.MessageId, message.PopReceipt);
        Assert.Equal("404 MessageNotFound", await AnswerAsync(() => DeleteAsync(message.MessageId, message.PopReceipt)));
        Assert.Equal("404 MessageNotFound", await AnswerAsync(() => UpdateAsync(message.MessageId, message.PopReceipt)));
    }

    [Fact]
    public async Task Peek_ChangesNothing()
    {
        await SendAsync("one");
        await SendAsync("two");
        for (var i = 0; i < 2; i++)
        {
            var peeked = (await Storage.Captions.PeekMessagesAsync(32, Cancellation)).Value;
            Assert.Equal(["one", "two"], peeked.Select(m => m.Body.ToString()));
            Assert.All(peeked, m => Assert.Equal(0, m.DequeueCount));
        }

        Assert.Equal("one", (await Storage.Captions.PeekMessageAsync(Cancellation)).Value.Body.ToString());
        Assert.Equal(2, (await ReceiveAsync(Minute)).Length);
        Assert.Null((await Storage.Captions.PeekMessageAsync(Cancellation)).Value);
    }

    [Fact]
    public async Task Send_WithADelay_IsCountedAndHidden()
    {
        await Storage.Captions.SendMessageAsync("later", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(-1), Cancellation);
        Assert.Empty(await ReceiveAsync(Minute));
        Assert.Equal(1, await CountAsync());
        await ComesTrueAsync(async () => (await ReceiveAsync(Minute)).Length > 0);
    }

    [Fact]
    public async Task Send_WithoutEnd_NeverExpires()
    {
        await SendAsync("one");
        Assert.Equal(9999, Assert.Single(await ReceiveAsync(Minute)).ExpiresOn!.Value.Year);
    }

    [Fact]
    public async Task Send_TooLong_IsRefused()
    {
        Assert.Equal("ok", await AnswerAsync(() => SendAsync(new('x', 64 * 1024))));
        Assert.Equal("413 RequestBodyTooLarge", await AnswerAsync(() => SendAsync(new('x', (64 * 1024) + 1))));
        var message = Assert.Single(await ReceiveAsync(Minute));
        Assert.Equal(
            "413 RequestBodyTooLarge",
            await AnswerAsync(() => Storage.Captions.UpdateMessageAsync(message.MessageId, message.PopReceipt, new string('x', (64 * 1024) + 1), Minute, Cancellation)));
    }

    [Fact]
    public async Task Clear_RemovesHiddenMessagesToo()
    {
        await SendAsync("one");
        var message = Assert.Single(await ReceiveAsync(Minute));
        await SendAsync("two");
        await Storage.Captions.ClearMessagesAsync(Cancellation);
        Assert.Equal(0, await CountAsync());
        Assert.Equal("404 MessageNotFound", await AnswerAsync(() => DeleteAsync(message.MessageId, message.PopReceipt)));
    }

    [Fact]
    public async Task Queue_IsNotThere_IsTold()
    {
        Assert.Equal("404 QueueNotFound", await AnswerAsync(() => Storage.Kept.SendMessageAsync("one", Cancellation)));
        Assert.Equal("404 QueueNotFound", await AnswerAsync(() => Storage.Kept.GetPropertiesAsync(Cancellation)));
        Assert.Equal("404 QueueNotFound", await AnswerAsync(() => Storage.Kept.ReceiveMessagesAsync(Cancellation)));
        await Storage.Kept.CreateIfNotExistsAsync(cancellationToken: Cancellation);
        Assert.Equal("ok", await AnswerAsync(() => Storage.Kept.SendMessageAsync("one", Cancellation)));
        await Storage.Kept.DeleteAsync(Cancellation);
        Assert.Equal("404 QueueNotFound", await AnswerAsync(() => Storage.Kept.GetPropertiesAsync(Cancellation)));
        if (IsModel)
        {
            // Azure frees the name after half a minute, Azurite at once
            Assert.Equal("409 QueueBeingDeleted", await AnswerAsync(() => Storage.Kept.CreateAsync(cancellationToken: Cancellation)));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(33)]
    public async Task Receive_NumberOutOfRange_IsRefused(int count) => Assert.StartsWith(
        "400 ", await AnswerAsync(() => Storage.Captions.ReceiveMessagesAsync(count, Minute, Cancellation)), StringComparison.Ordinal);

    private async Task SendAsync(string text) => await Storage.Captions.SendMessageAsync(text, timeToLive: TimeSpan.FromSeconds(-1), cancellationToken: Cancellation);

    private async Task<QueueMessage[]> ReceiveAsync(TimeSpan hidden) => (await Storage.Captions.ReceiveMessagesAsync(32, hidden, Cancellation)).Value;

    private async Task DeleteAsync(string id, string receipt) => await Storage.Captions.DeleteMessageAsync(id, receipt, Cancellation);

    private async Task UpdateAsync(string id, string receipt) => await Storage.Captions.UpdateMessageAsync(id, receipt, "again", Minute, Cancellation);

    private async Task<int> CountAsync() => (await Storage.Captions.GetPropertiesAsync(Cancellation)).Value.ApproximateMessagesCount;
}

public sealed class AzuriteQueueFacts(AzuriteFixture azurite) : QueueFacts(azurite);

public sealed class SimulatedQueueFacts() : QueueFacts(azurite: null);
