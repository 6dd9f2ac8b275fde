namespace BlobCaptioner.Web.Api;

/// <summary>How far a picture is.</summary>
public enum PictureState
{
    /// <summary>It has no record, or one of an older version.</summary>
    Waiting,

    /// <summary>It is read and shrunk now.</summary>
    Preparing,

    /// <summary>The model writes about it now.</summary>
    Writing,

    /// <summary>Its copy is there, and nobody has decided about it.</summary>
    Described,

    /// <summary>A person approved its copy.</summary>
    Approved,

    /// <summary>A person turned its copy down.</summary>
    Declined,

    /// <summary>It can't be described.</summary>
    Rejected,

    /// <summary>It was given up after the last try.</summary>
    Failed,
}
