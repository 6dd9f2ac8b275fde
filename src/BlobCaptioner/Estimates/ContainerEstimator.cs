using System.ComponentModel.DataAnnotations;
using Azure;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Estimates;

/// <summary>Describes a random sample of a container's pictures and estimates time and cost of the whole. Writes nothing.</summary>
public sealed class ContainerEstimator(CaptionStorage storage, ImagePreparer preparer, ICaptionModel model, TimeProvider time)
{
    private readonly FolderSettings _folders = new(storage, maxAge: null, time);

    /// <summary>Measures a sample and calculates the estimate.</summary>
    /// <returns>Null where there is no picture.</returns>
    /// <exception cref="ValidationException">The request is out of its range.</exception>
    /// <exception cref="RequestFailedException">Storage refused.</exception>
    public async Task<ContainerEstimate?> RunAsync(EstimateRequest request, CancellationToken cancellationToken)
    {
        Validator.ValidateObject(request, new ValidationContext(request), validateAllProperties: true);
        var reservoir = new Reservoir<ListedImage>(request.Sample, request.Seed);
        long outstanding = 0;
        await foreach (var image in ImageListing.ReadAsync(storage.Images, request.Prefix, onProduct: null, cancellationToken))
        {
            if (ImageNames.Problem(image.Name) is null)
            {
                reservoir.Add(image);
                outstanding += await IsSettledAsync(image, request.Profile, cancellationToken) ? 0 : 1;
            }
        }

        if (reservoir.Seen == 0)
        {
            return null;
        }

        var prepared = new List<SampledPicture>();
        foreach (var image in reservoir.Sample)
        {
            if (await PrepareAsync(image, request.Profile, cancellationToken) is { } picture)
            {
                prepared.Add(picture);
            }
        }

        var pictures = await new SampleRun(model, time).MeasureAsync(prepared, cancellationToken);
        return pictures.Count == 0 ? null : EstimateCalculator.Calculate(request, model, pictures, reservoir.Seen, outstanding);
    }

    /// <summary>True where a sweep would not enqueue the picture.</summary>
    private async ValueTask<bool> IsSettledAsync(ListedImage image, Profile basis, CancellationToken cancellationToken)
    {
        if (image.Receipt is not { } receipt || receipt.SourceETag != image.ETag)
        {
            return false;
        }

        if (receipt is { Status: RecordStatus.Rejected, ModelHash: "" })
        {
            // Rejected before the model: the same bytes or folder settings are rejected again.
            return true;
        }

        var resolved = await _folders.ResolveAsync(image.Name, basis, profileOverride: null, cancellationToken);
        var preparation = preparer.Describe(resolved.Whole.ImageTokenBudget);
        return resolved.Error is null && new Freshness(image.ETag, resolved.Version, preparation, RejectedBy: preparation, model.Info.Hash).IsFresh(receipt);
    }

    /// <summary>Reads and prepares a picture; null where it was deleted meanwhile.</summary>
    private async Task<SampledPicture?> PrepareAsync(ListedImage image, Profile basis, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var resolved = await _folders.ResolveAsync(image.Name, basis, profileOverride: null, cancellationToken);
        if (resolved.Error is { } broken)
        {
            return new() { Error = new(broken.Code, broken.Message, broken.Remedy) };
        }

        try
        {
            var blob = await storage.Images.GetBlobClient(image.Name).DownloadStreamingAsync(cancellationToken: cancellationToken);
            await using var content = blob.Value.Content;
            var outcome = await preparer.PrepareAsync(content, image.Name, blob.Value.Details.ContentLength, resolved.Whole.ImageTokenBudget, cancellationToken);
            return outcome is PreparationOutcome.Prepared ready
                ? new()
                {
                    Preparation = time.GetElapsedTime(began),
                    Request = new() { Images = [new() { Name = image.Name, Jpeg = ready.Jpeg }], Profile = resolved.Whole, Facts = resolved.Facts },
                }
                : new() { Preparation = time.GetElapsedTime(began), Error = Reason((PreparationOutcome.Rejected)outcome) };
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            return null;
        }
    }

    private static RecordError Reason(PreparationOutcome.Rejected no) => new(no.Code, no.Message, no.Remedy);
}
