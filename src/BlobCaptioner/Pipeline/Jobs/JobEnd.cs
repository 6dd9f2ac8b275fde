using BlobCaptioner.Captioning;
using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>The ways in which a worker lets go of a ticket and its message. A crash in between repeats a step and loses nothing.</summary>
internal sealed class JobEnd(JobServices services, JobScope scope, JobDelivery delivery, JobHint hint, CancellationToken abort)
{
    /// <summary>Longest chain of replacements by the same bytes that is followed.</summary>
    private const int MostReplacements = 5;

    /// <summary>Writes the record with the copy.</summary>
    /// <param name="ticket">What was described.</param>
    /// <param name="record">The record.</param>
    /// <param name="present">The record that was read before; null for none.</param>
    /// <param name="elapsed">The model's time.</param>
    /// <param name="usage">The model's tokens.</param>
    /// <param name="madeFrom">The image that the prepared image names; null for none. Later images of the same bytes then find this record.</param>
    public async Task DescribedAsync(Ticket ticket, CaptionRecord record, StoredRecord? present, TimeSpan elapsed, CaptionUsage usage, string? madeFrom = null)
    {
        services.Cap?.Count(usage);
        var version = await WriteAsync(ticket, record, present);
        if (version is not null)
        {
            services.Report.Publish(PipelineEventKind.Described, ticket.Job.Name, error: null, record, elapsed, usage);
            if (ticket.Job is PictureJob && madeFrom is not null && madeFrom != ticket.Job.Name)
            {
                await services.Prepared.NoteMadeFromAsync(ticket.Job.PreparedBlob, ticket.Job.Name, abort);
            }
        }

        await FinishAsync(ticket, version);
        await (services.Cap?.SettleAsync(abort) ?? Task.CompletedTask);
    }

    /// <summary>Writes a <c>rejected</c> record: the picture can't be described.</summary>
    public async Task RejectAsync(Ticket ticket, ResolvedProfile resolved, RecordError error, CaptionModelInfo? asked)
    {
        var record = RecordDraft.Without(RecordStatus.Rejected, ticket, resolved, asked, error, services.Time.GetUtcNow());
        var version = await WriteAsync(ticket, record, await ReadAsync(ticket));
        if (version is not null)
        {
            services.Report.Publish(PipelineEventKind.Rejected, ticket.Job.Name, error, record);
        }

        await FinishAsync(ticket, version);
    }

    /// <summary>Writes a <c>failed</c> record and a poison message.</summary>
    /// <param name="ticket">What was tried.</param>
    /// <param name="resolved">What was to be written; null where nobody here knows it.</param>
    /// <param name="error">Why it is given up.</param>
    public async Task GiveUpAsync(Ticket ticket, ResolvedProfile? resolved, RecordError error)
    {
        var record = RecordDraft.Without(RecordStatus.Failed, ticket, resolved, resolved is null ? null : services.Model.Info, error, services.Time.GetUtcNow());
        var version = await WriteAsync(ticket, record, await ReadAsync(ticket));
        if (version is not null)
        {
            services.Report.GivenUp(ticket.Job.Name, ticket.Tries.Count, error.Code, error.Message);
            await SendPoisonAsync(services, new() { Code = error.Code, Reason = error.Message, Job = hint, Call = ticket.Call, At = services.Time.GetUtcNow() }, abort);
            services.Report.Publish(PipelineEventKind.Failed, ticket.Job.Name, error, record);
        }

        await FinishAsync(ticket, version);
    }

    /// <summary>Lets go of a ticket that is no longer needed.</summary>
    public Task DropAsync(RecordWrite why)
    {
        services.Report.Dropped(scope.Ticket.Job.Name, why);
        return FinishAsync(scope.Ticket, version: null);
    }

    /// <summary>Lets go of the message only: the ticket's wish waits for its product's views.</summary>
    public Task LeaveAsync() => delivery.CompleteAsync(abort);

    /// <summary>Puts the ticket back for another try, after a wait that grows with each.</summary>
    /// <param name="change">Notes why.</param>
    /// <param name="attempts">Failed attempts, from 1.</param>
    public async Task RetryAsync(Func<Ticket, Ticket> change, int attempts)
    {
        var wait = Backoff.After(attempts, services.Options.RetryDelay, services.Options.MaxRetryDelay);
        await scope.TryFreeAsync(change, wait, abort);
        await delivery.ReturnAsync(CaptionMessage.Format(hint with { Returned = hint.Returned + 1 }), wait, abort);
    }

    /// <summary>Sends a message to the poison queue.</summary>
    public static Task SendPoisonAsync(JobServices services, PoisonMessage message, CancellationToken cancellationToken) =>
        services.Storage.Poison.SendLastingAsync(CaptionMessage.Format(message), TimeSpan.Zero, cancellationToken);

    internal static string Cut(string text, int longest) => text.Length <= longest ? text : text[..longest];

    private Task<StoredRecord?> ReadAsync(Ticket ticket) =>
        ticket.Job is ProductJob product ? services.Store.ReadProductAsync(product.RecordName, abort) : services.Store.ReadAsync(ticket.Job.Name, abort);

    // Returns the version that has the record now; null where nothing was written.
    private async Task<string?> WriteAsync(Ticket ticket, CaptionRecord record, StoredRecord? present)
    {
        for (var replaced = 0; ; replaced++)
        {
            var result = await CaptionTracing.StepAsync("write record", cancel => services.Store.WriteAsync(
                record, seen => ticket.Want.Redo is { } redo && seen.Record!.Generation.Redo != redo, present, ticket.Want.OverEdits, cancel), abort);
            if (result == RecordWrite.Written)
            {
                return record.Product?.ViewsHash ?? record.Image.ETag;
            }

            if (result != RecordWrite.ImageChanged || replaced == MostReplacements
                || await services.Prepared.HashAsync(ticket.Job.Main.Name, abort) is not { } now || now.ContentHash != ticket.Job.Main.ContentHash)
            {
                services.Report.Dropped(ticket.Job.Name, result);
                return null;
            }

            // The same bytes were uploaded again meanwhile: what was written holds for them. A product's next job only notes the new versions of its views.
            record = record with { Image = record.Image with { ETag = now.ETag } };
            present = await ReadAsync(ticket);
        }
    }

    // The product before the ticket, the ticket before the message: each step finds its work again after a crash.
    private async Task FinishAsync(Ticket ticket, string? version)
    {
        await EnsureProductAsync(ticket);
        if (await scope.FinishAsync(version ?? ticket.Job.Version, abort))
        {
            await delivery.ReturnAsync(CaptionMessage.Format(hint with { Returned = hint.Returned + 1, EnqueuedAt = services.Time.GetUtcNow() }), TimeSpan.Zero, abort);
        }
        else
        {
            await delivery.CompleteAsync(abort);
        }
    }

    private async Task EnsureProductAsync(Ticket ticket)
    {
        Profile basis;
        try
        {
            basis = services.Profiles(ticket.Profile);
        }
        catch (ArgumentException)
        {
            // It was given up because nobody knows its profile. A sweep looks after its product.
            return;
        }

        if (ticket.Job is ProductJob product)
        {
            // Its views may have changed meanwhile.
            var names = product.Views.Select(v => v.Name).ToList();
            await services.Products.EnsureAsync(new ProductRequest { View = names[0], Sku = product.Sku, Basis = basis, KnownViews = names }, abort);
        }
        else
        {
            await services.Products.EnsureAsync(ticket.Job.Name, basis, abort);
        }
    }
}
