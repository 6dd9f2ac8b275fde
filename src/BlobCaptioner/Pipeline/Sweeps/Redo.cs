using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Azure;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>
/// Has selected records written again by the model, without reusing a copy of the same bytes. The old copy stays until the new one is written.
/// The listing's metadata decides. A record's body is read only if flags are asked for and the metadata has none.
/// </summary>
public sealed class Redo(ImageIntake intake)
{
    /// <summary>Goes over the images and products once.</summary>
    /// <exception cref="ValidationException">The request selects nothing, or a value is out of its range.</exception>
    /// <exception cref="RequestFailedException">The listing itself failed.</exception>
    public async Task<RedoSummary> RunAsync(RedoRequest request, CancellationToken cancellationToken)
    {
        Validator.ValidateObject(request, new ValidationContext(request), validateAllProperties: true);
        var outage = StorageOutage.CreateRetry(intake.Storage.Options, intake.Time, _ => { });
        var (tally, skipped) = (new IntakeTally(), 0L);
        var options = new ParallelOptions { MaxDegreeOfParallelism = request.Parallelism, CancellationToken = cancellationToken, TaskScheduler = TaskScheduler.Current };
        await Parallel.ForEachAsync(FindAsync(request, cancellationToken), options, async (image, stop) =>
        {
            try
            {
                if (await outage.RunAsync(cancel => TakeAsync(request, image, cancel), stop) is { } result)
                {
                    tally.Add(result);
                }
                else
                {
                    Interlocked.Increment(ref skipped);
                }
            }
            catch (Exception) when (!stop.IsCancellationRequested)
            {
                tally.Add(result: null);
            }
        });
        await (intake.Cap?.FlushAsync(cancellationToken) ?? Task.CompletedTask);
        return new()
        {
            Listed = tally.Images + skipped,
            Selected = tally.Images,
            Enqueued = tally.Count(IntakeResult.Enqueued),
            InFlight = tally.Count(IntakeResult.AlreadyQueued) + tally.Count(IntakeResult.UpToDate),
            Rejected = tally.Count(IntakeResult.Rejected),
            Gone = tally.Count(IntakeResult.Gone) + tally.Count(IntakeResult.NotAnImage),
            Blocked = tally.Count(IntakeResult.Blocked),
            Paused = tally.Count(IntakeResult.Paused),
            Errors = tally.Count(result: null),
        };
    }

    // Null where the record is not selected.
    private async Task<IntakeResult?> TakeAsync(RedoRequest request, Candidate image, CancellationToken cancellationToken)
    {
        if (ProductRecords.IsProductRecord(image.Name))
        {
            return await TakeProductAsync(request, image, cancellationToken);
        }

        var record = image.Receipt is { } receipt && (request.Flag is null || receipt.Flags is not null) && receipt.Profile is not null
            ? new Known(receipt.Status, receipt.Profile, receipt.Flags ?? [], receipt.IsPinned)
            : await ReadAsync(image, cancellationToken);
        if (record is null ? !IsNamed(request) : !IsSelected(request, record))
        {
            return null;
        }

        var profile = request.Profiles(record is { IsPinned: true } ? request.Profile ?? "" : record?.Profile ?? request.Profile ?? "");
        var taken = await intake.IngestAsync(
            new IntakeRequest
            {
                Name = image.Name,
                Profile = profile,
                Force = true,
                RetryFailed = true,
                OverEdits = request.OverEdits,
                Part = request.Part,
                ProfileOverride = request.ProfileOverride ?? (record is { IsPinned: true } ? record.Profile : null),
                NewWording = true,
            },
            cancellationToken);
        return taken.Result;
    }

    // Only the record has its views and its SKU. The listing's metadata saves reading records that are not selected.
    private async Task<IntakeResult?> TakeProductAsync(RedoRequest request, Candidate product, CancellationToken cancellationToken)
    {
        if (product.Receipt is { Profile: { } written } receipt && (request.Flag is null || receipt.Flags is not null)
            && !IsSelected(request, new(receipt.Status, written, receipt.Flags ?? [], IsPinned: false)))
        {
            return null;
        }

        var stored = await intake.Store.ReadProductAsync(product.Name, cancellationToken);
        if (stored?.Record is not { } record)
        {
            return IsNamed(request) ? stored is null ? IntakeResult.Gone : IntakeResult.Blocked : null;
        }

        if (!IsSelected(request, new(record.Status, record.Profile.Name, record.Flags, IsPinned: false)))
        {
            return null;
        }

        var again = new ProductRequest
        {
            View = record.Image.Name,
            Sku = record.Product!.Sku,
            Basis = request.Profiles(record.Profile.Name),
            KnownViews = record.Product.Views,
            Force = true,
            RetryFailed = true,
            OverEdits = request.OverEdits,
            Part = request.Part,
            NewWording = true,
        };
        return await intake.Products.EnsureAsync(again, cancellationToken);
    }

    private async Task<Known?> ReadAsync(Candidate image, CancellationToken cancellationToken) =>
        image.HasRecord && await intake.Store.ReadAsync(image.Name, cancellationToken) is { Record: { } record }
            ? new(record.Status, record.Profile.Name, record.Flags, record.Profile.IsPinned)
            : null;

    // An image without a record is selected by its name alone.
    private static bool IsNamed(RedoRequest request) => request is { Names.Count: > 0, Status: null, Flag: null, Profile: null };

    private static bool IsSelected(RedoRequest request, Known record) =>
        (request.Status is not { } status || record.Status == status)
        && (request.Profile is not { } profile || record.Profile == profile)
        && (request.Flag is not { } flag || record.Flags.Any(f => f == flag || f.EndsWith("-" + flag, StringComparison.Ordinal)));

    private async IAsyncEnumerable<Candidate> FindAsync(RedoRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var name in request.Names.Distinct(StringComparer.Ordinal))
        {
            var image = !ProductRecords.IsProductRecord(name) && name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? name[..^".json".Length] : name;
            if (request.Prefix is not { } prefix || image.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield return new(image, HasRecord: true, Receipt: null);
            }
        }

        if (request.Names.Count == 0)
        {
            var products = new Queue<Candidate>();
            var images = ImageListing.ReadAsync(
                intake.Storage.Images, request.Prefix, (name, receipt) => products.Enqueue(new(name, HasRecord: true, receipt)), cancellationToken);
            await foreach (var image in images)
            {
                yield return new(image.Name, image.HasRecord, image.Receipt);
                while (products.TryDequeue(out var product))
                {
                    yield return product;
                }
            }

            while (products.TryDequeue(out var rest))
            {
                yield return rest;
            }
        }
    }

    private sealed record Candidate(string Name, bool HasRecord, RecordReceipt? Receipt);

    private sealed record Known(RecordStatus Status, string Profile, IReadOnlyList<string> Flags, bool IsPinned);
}
