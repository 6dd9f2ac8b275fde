using System.ComponentModel.DataAnnotations;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Storage;
using BlobCaptioner.Text;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>
/// A sweep in several runs, for hosts that limit a run to minutes: it stops when its time is up, and the next run goes on there. Over all processes, one runs at a time.
/// A small leased blob, <c>_sweep/...</c> in the <c>prepared</c> container, holds its place in the listing. Without the blob the sweep begins at the start, which costs
/// only time.
/// </summary>
/// <param name="intake">Takes the images in.</param>
public sealed class ContinuedSweep(ImageIntake intake)
{
    /// <summary>How long a place belongs to its sweep after each renewal; renewed at a third of it.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    // A marker holds a blob's name, of 1,024 characters at most. Anything longer was not saved by a sweep.
    private const int LongestPlace = 8 * 1024;

    private readonly Sweep _sweep = new(intake);

    /// <summary>Blobs that are listed and handled before the place is saved. Range 1 to 5,000, default 1,000.</summary>
    internal int PageSize { get; init; } = 1000;

    /// <summary>Sweeps from where the last one stopped, until the listing's end or until the time is up.</summary>
    /// <param name="request">The images. Each prefix has a place of its own.</param>
    /// <param name="budget">Time after which no image is begun. Running images are finished, which takes at most <see cref="Images.ImageOptions.Timeout"/> and storage's timeouts.</param>
    /// <param name="cancellationToken">Stops at once; the next run goes on after the last finished page.</param>
    /// <exception cref="ValidationException">The request is out of its range.</exception>
    /// <exception cref="RequestFailedException">The listing failed, or the place could not be saved.</exception>
    public async Task<ContinuedSweepResult> RunAsync(SweepRequest request, TimeSpan budget, CancellationToken cancellationToken)
    {
        Validator.ValidateObject(request, new ValidationContext(request), validateAllProperties: true);
        var started = intake.Time.GetTimestamp();
        var place = intake.Storage.Prepared.GetBlobClient(PlaceFor(intake.Storage.Images.Name, request.Prefix));
        var lease = place.GetBlobLeaseClient();
        if (!await TryAcquireAsync(place, lease, cancellationToken))
        {
            return new(SweepEnd.Busy, new());
        }

        using var mine = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var renewal = RenewAsync(lease, mine);
        try
        {
            return await RunAsync(request, place, lease.LeaseId, () => intake.Time.GetElapsedTime(started) < budget, mine.Token);
        }
        finally
        {
            mine.Cancel();
            await renewal;
            await ReleaseAsync(lease);
        }
    }

    private async Task<ContinuedSweepResult> RunAsync(SweepRequest request, BlobClient place, string leaseId, Func<bool> hasTime, CancellationToken cancellationToken)
    {
        var from = (await place.ReadUpToAsync(LongestPlace, cancellationToken)).Content?.ToString() ?? "";
        var (tally, end) = (new IntakeTally(), SweepEnd.Complete);
        var resent = await LostMessages.SendAgainAsync(intake, cancellationToken);
        var products = new ProductCollector(intake.Resolve, request.Profile);
        var pages = ImageListing.ReadPagesAsync(
            intake.Storage.Images, request.Prefix, from.Length == 0 ? null : from, PageSize, products.AddRecord, cancellationToken);
        try
        {
            await foreach (var (images, next) in pages)
            {
                var wasCut = false;
                await _sweep.RunAsync(request, products.ReadAsync(images, cancellationToken).TakeWhile(_ => !(wasCut = !hasTime())), tally, cancellationToken);
                if (!wasCut)
                {
                    await SaveAsync(next);
                }

                // The next run handles a cut page again, faster: its finished images are settled.
                if (wasCut || (next.Length > 0 && !hasTime()))
                {
                    end = SweepEnd.OutOfTime;
                    break;
                }
            }
        }
        catch (RequestFailedException error) when (error.Status is 400 or 414 or 431 && from.Length > 0)
        {
            // Storage no longer knows the place: the next run begins at the start.
            await SaveAsync("");
            return new(SweepEnd.OutOfTime, SweepSummary.Of(tally) with { Resent = resent });
        }

        await _sweep.RunAsync(request, products.Flush().ToAsyncEnumerable(), tally, cancellationToken);
        await (intake.Cap?.FlushAsync(cancellationToken) ?? Task.CompletedTask);
        return new(end, SweepSummary.Of(tally) with { Resent = resent });

        Task SaveAsync(string next) =>
            place.UploadAsync(new BinaryData(next), new BlobUploadOptions { Conditions = new() { LeaseId = leaseId } }, cancellationToken);
    }

    private static string PlaceFor(string container, string? prefix) => "_sweep/" + TextHash.Of($"{container}\n{prefix}", digits: 16);

    private static async Task<bool> TryAcquireAsync(BlobClient place, BlobLeaseClient lease, CancellationToken cancellationToken)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await lease.AcquireAsync(Lease, cancellationToken: cancellationToken);
                return true;
            }
            catch (RequestFailedException error) when (error.ErrorCode == BlobErrorCode.LeaseAlreadyPresent)
            {
                return false;
            }
            catch (RequestFailedException error) when (error.ErrorCode == BlobErrorCode.BlobNotFound && tries < 3)
            {
                await CreateAsync(place, cancellationToken);
            }
        }
    }

    private static async Task CreateAsync(BlobClient place, CancellationToken cancellationToken)
    {
        try
        {
            await place.UploadAsync(BinaryData.Empty, new BlobUploadOptions { Conditions = new() { IfNoneMatch = ETag.All } }, cancellationToken);
        }
        catch (RequestFailedException error) when (error.Status is 409 or 412)
        {
            // Another process was faster.
        }
    }

    private async Task RenewAsync(BlobLeaseClient lease, CancellationTokenSource sweep)
    {
        using var timer = new PeriodicTimer(Lease / 3, intake.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(sweep.Token))
            {
                await lease.RenewAsync(cancellationToken: sweep.Token);
            }
        }
        catch (OperationCanceledException) when (sweep.IsCancellationRequested)
        {
            // The sweep has ended.
        }
        catch (Exception)
        {
            // The lease is lost or its state unknown. Another sweep may begin, so this one ends.
            sweep.Cancel();
        }
    }

    // Without the caller's token: otherwise the next run would wait until the lease runs out.
    private static async Task ReleaseAsync(BlobLeaseClient lease)
    {
        try
        {
            await lease.ReleaseAsync(cancellationToken: CancellationToken.None);
        }
        catch (Exception)
        {
            // The lease runs out.
        }
    }
}

/// <summary>The result of a run of a <see cref="ContinuedSweep"/>.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Summary">The counts of its part of the listing.</param>
public sealed record ContinuedSweepResult(SweepEnd End, SweepSummary Summary);

/// <summary>How a run of a <see cref="ContinuedSweep"/> ended.</summary>
public enum SweepEnd
{
    /// <summary>It reached the listing's end; the next run begins at the start.</summary>
    Complete,

    /// <summary>Its time was up; the next run goes on where it stopped.</summary>
    OutOfTime,

    /// <summary>Another run has the lease; nothing was done.</summary>
    Busy,
}
