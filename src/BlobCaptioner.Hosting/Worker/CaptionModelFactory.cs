using BlobCaptioner.Captioning;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>Finds or downloads the model and loads it. Called once; what it returns is disposed of when the worker has ended.</summary>
/// <param name="cancellationToken">Gives up.</param>
public delegate Task<ICaptionModel> CaptionModelFactory(CancellationToken cancellationToken);
